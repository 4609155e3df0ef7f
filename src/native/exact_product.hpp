// The product of two sides' activations in float: panels of packed columns, and the micro-tile that
// multiplies two.
//
// Both sides are sample-major. A chunk of samples of some columns is packed into panels, each
// [sample][column] with the few columns of one micro-tile, which so reads memory in order. The
// sum over samples runs in ascending order within a chunk and then over the chunks: a score does
// not depend on how places are divided into blocks, nor on the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "best_absent_pairs.hpp"
#include "live_neurons.hpp"
#include "memory.hpp"
#include "micro_tile.hpp"

namespace ctre::CTRE_ISA {

// scores[i][j] = (first ? 0 : scores[i][j]) + sum over k of post[k][i] * pre[k][j]; with `kSparse`,
// row k of the presynaptic panel belongs to sample rows[k] of the chunk.
template <bool kSparse>
inline void multiply_micro_tile(int n_rows, const float* pre, const std::int16_t* rows,
                                const float* post, bool first, float* scores, std::int64_t stride) {
  for (int i = 0; i < kMicroPost; ++i) __builtin_prefetch(scores + i * stride, 1);
  vf sums[kMicroPost][kMicroVectors];
  for (auto& row : sums) {
    for (vf& sum : row) sum = vf{};
  }
  for (int k = 0; k < n_rows; ++k) {
    const float* factors = post + (kSparse ? rows[k] : k) * kMicroPost;
    vf values[kMicroVectors];
    for (int j = 0; j < kMicroVectors; ++j) values[j] = load(pre + k * kMicroPre + j * kLanes);
    for (int i = 0; i < kMicroPost; ++i) {
      for (int j = 0; j < kMicroVectors; ++j)
        sums[i][j] = multiply_add(splat(factors[i]), values[j], sums[i][j]);
    }
  }
  for (int i = 0; i < kMicroPost; ++i) {
    float* row = scores + i * stride;
    for (int j = 0; j < kMicroVectors; ++j, row += kLanes)
      store(row, first ? sums[i][j] : load(row) + sums[i][j]);
  }
}

// Packs samples [begin, end) of the listed columns of a (n, n_columns) matrix, scaled, into panels
// of kWidth columns, each kChunk * kWidth floats; the last panel repeats the last column.
template <int kWidth>
void pack_dense(const float* matrix, std::int64_t n_columns, std::int64_t begin, std::int64_t end,
                const std::int32_t* columns, const float* scales, std::int64_t n_listed,
                float* panels) {
  constexpr int kRows = 16;  // at once: enough to read lines whole and to write some in order
  for (std::int64_t row = begin; row < end; row += kRows) {
    const int n_rows = static_cast<int>(std::min<std::int64_t>(kRows, end - row));
    for (std::int64_t first = 0; first < n_listed; first += kWidth) {
      std::int32_t from[kWidth];
      float scale[kWidth];
      for (int j = 0; j < kWidth; ++j) {
        from[j] = columns[std::min(first + j, n_listed - 1)];
        scale[j] = scales[std::min(first + j, n_listed - 1)];
      }
      const float* in = matrix + row * n_columns;
      float* out = panels + first * kChunk + (row - begin) * kWidth;
      if (first + kWidth <= n_listed && from[kWidth - 1] - from[0] == kWidth - 1) {
        in += from[0];
        for (int i = 0; i < n_rows; ++i, in += n_columns, out += kWidth) {
          for (int j = 0; j < kWidth; ++j) out[j] = in[j] * scale[j];
        }
      } else {
        for (int i = 0; i < n_rows; ++i, in += n_columns, out += kWidth) {
          for (int j = 0; j < kWidth; ++j) out[j] = in[from[j]] * scale[j];
        }
      }
    }
  }
}

// Which samples of a chunk a sparse panel holds; the others are zero in all its columns.
struct PanelRows {
  std::int16_t rows[kChunk];
  int n_rows;
};

// The same for CSC columns, leaving out the samples that are zero in all columns of a panel.
inline void pack_sparse(const std::int64_t* indptr, const std::int32_t* indices,
                        const float* values, std::int64_t begin, std::int64_t end,
                        const std::int32_t* columns, const float* scales, std::int64_t n_listed,
                        float* panels, PanelRows* panel_rows) {
  for (std::int64_t first = 0; first < n_listed; first += kMicroPre, ++panel_rows) {
    const int width = static_cast<int>(std::min<std::int64_t>(kMicroPre, n_listed - first));
    std::int64_t run_begin[kMicroPre], run_end[kMicroPre];
    std::int16_t row_of[kChunk];
    std::fill_n(row_of, kChunk, std::int16_t{-1});
    for (int j = 0; j < width; ++j) {
      const std::int32_t* column = indices + indptr[columns[first + j]];
      const std::int32_t* column_end = indices + indptr[columns[first + j] + 1];
      const std::int32_t* run = std::lower_bound(column, column_end, begin);
      run_begin[j] = run - indices;
      for (; run != column_end && *run < end; ++run) row_of[*run - begin] = 0;
      run_end[j] = run - indices;
    }
    std::int16_t n_rows = 0;
    for (std::int16_t k = 0; k < kChunk; ++k) {
      if (row_of[k] < 0) continue;
      panel_rows->rows[n_rows] = k;
      row_of[k] = n_rows++;
    }
    panel_rows->n_rows = n_rows;
    float* panel = panels + first * kChunk;
    std::fill_n(panel, n_rows * kMicroPre, 0.0f);
    for (int j = 0; j < width; ++j) {
      for (std::int64_t i = run_begin[j]; i < run_end[j]; ++i) {
        // Repeated entries add up.
        panel[row_of[indices[i] - begin] * kMicroPre + j] += values[i] * scales[first + j];
      }
    }
  }
}

inline bool all_finite(const float* values, int n) {
  constexpr std::int32_t kExponent = 0x7f800000;
  std::int32_t found = 0;
  for (int i = 0; i < n; ++i) {
    std::int32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    found |= (bits & kExponent) == kExponent;
  }
  return !found;
}

// Whether what was packed is.
template <int kWidth>
bool panels_finite(const float* panels, std::int64_t n_columns, int n_rows) {
  bool finite = true;
  for (std::int64_t first = 0; first < n_columns; first += kWidth) {
    finite &= all_finite(panels + first * kChunk, n_rows * kWidth);
  }
  return finite;
}

inline bool panels_finite(const float* panels, std::int64_t n_columns,
                          const PanelRows* panel_rows) {
  bool finite = true;
  for (std::int64_t first = 0; first < n_columns; first += kMicroPre, ++panel_rows) {
    finite &= all_finite(panels + first * kChunk, panel_rows->n_rows * kMicroPre);
  }
  return finite;
}

// How the blocks of a search are multiplied: the panels of one thread, and what fills them.
class ExactProduct {
 public:
  ExactProduct(const AbsentPairQuery& query, const Side& pre, const Side& post)
      : query_(query), pre_(pre), post_(post) {}

  struct Panels {
    Floats pre, post;
    std::vector<PanelRows> pre_rows;
    bool finite = true;  // as far as dead neurons meet the values
  };

  Panels panels(std::int64_t n_pre, std::int64_t n_post) const {
    Panels panels;
    panels.pre = Floats(static_cast<std::size_t>(n_pre * kChunk), Fill::nothing);
    panels.post = Floats(static_cast<std::size_t>(n_post * kChunk), Fill::nothing);
    panels.pre_rows.resize(query_.pre ? 0 : static_cast<std::size_t>(n_pre / kMicroPre));
    return panels;
  }

  // Samples [begin, end) of n live postsynaptic neurons from `first` on.
  void pack_post(Panels& panels, std::int64_t begin, std::int64_t end, std::int64_t first,
                 std::int64_t n) const {
    pack_dense<kMicroPost>(query_.post, query_.n_post, begin, end, post_.live.index.data() + first,
                           post_.live.scale.data() + first, n, panels.post.data());
    if (pre_.dead.size()) {
      panels.finite &=
          panels_finite<kMicroPost>(panels.post.data(), n, static_cast<int>(end - begin));
    }
  }

  // The same for presynaptic ones.
  void pack_pre(Panels& panels, std::int64_t begin, std::int64_t end, std::int64_t first,
                std::int64_t n) const {
    const std::int32_t* index = pre_.live.index.data() + first;
    const float* scale = pre_.live.scale.data() + first;
    if (query_.pre) {
      pack_dense<kMicroPre>(query_.pre, query_.n_pre, begin, end, index, scale, n,
                            panels.pre.data());
      if (post_.dead.size()) {
        panels.finite &=
            panels_finite<kMicroPre>(panels.pre.data(), n, static_cast<int>(end - begin));
      }
    } else {
      pack_sparse(query_.pre_indptr, query_.pre_indices, query_.pre_values, begin, end, index,
                  scale, n, panels.pre.data(), panels.pre_rows.data());
      if (post_.dead.size())
        panels.finite &= panels_finite(panels.pre.data(), n, panels.pre_rows.data());
    }
  }

  // Adds the packed samples' share to the scores of kMicroPost postsynaptic neurons from `post` on
  // with all the presynaptic ones.
  void multiply(const Panels& panels, std::int64_t begin, std::int64_t end, std::int64_t n_pre,
                std::int64_t post, float* scores, std::int64_t stride) const {
    const float* post_panel = panels.post.data() + post * kChunk;
    for (std::int64_t j = 0; j < n_pre; j += kMicroPre) {
      const float* pre_panel = panels.pre.data() + j * kChunk;
      if (query_.pre) {
        multiply_micro_tile<false>(static_cast<int>(end - begin), pre_panel, nullptr, post_panel,
                                   begin == 0, scores + j, stride);
      } else {
        const PanelRows& rows = panels.pre_rows[static_cast<std::size_t>(j / kMicroPre)];
        multiply_micro_tile<true>(rows.n_rows, pre_panel, rows.rows, post_panel, begin == 0,
                                  scores + j, stride);
      }
    }
  }

 private:
  const AbsentPairQuery& query_;
  const Side& pre_;
  const Side& post_;
};

}  // namespace ctre::CTRE_ISA
