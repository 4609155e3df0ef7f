// The product of two sides' activations in whole numbers of thirteen bits: twice as many at once as
// floats. A score then is known to within a bound, which is enough to dismiss nearly all pairs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "best_absent_pairs.hpp"
#include "columns.hpp"
#include "live_neurons.hpp"
#include "memory.hpp"
#include "micro_tile.hpp"

namespace ctre::CTRE_ISA {

#if defined(__SSE2__)
inline constexpr bool kHasPairProducts = true;
#else
inline constexpr bool kHasPairProducts = false;
#endif

// sums + low(a) * low(b) + high(a) * high(b), where each lane holds two numbers of 16 bits.
inline vi add_pair_products(vi sums, vi a, vi b) {
#if defined(__AVX512VNNI__)
  return vi(_mm512_dpwssd_epi32(__m512i(sums), __m512i(a), __m512i(b)));
#elif defined(__AVX2__)
  return sums + vi(_mm256_madd_epi16(__m256i(a), __m256i(b)));
#elif defined(__SSE2__)
  return sums + vi(_mm_madd_epi16(__m128i(a), __m128i(b)));
#else
  return sums + ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
#endif
}

inline constexpr int kLargestWhole = 4095,
                     kWholeSamples = 128;  // of so many samples, sums fit 31 bits
static_assert(std::int64_t{kLargestWhole} * kLargestWhole * kWholeSamples <
              std::numeric_limits<std::int32_t>::max());
static_assert(kChunk % kWholeSamples == 0);

// Two samples of a column as whole numbers, in one lane. Adding this large number leaves the
// rounded value in the low bits.
inline std::int32_t whole_pair(float first, float second) {
  constexpr float kRounding = 12582912.0f;  // 1.5 * 2^23
  first += kRounding;
  second += kRounding;
  std::int32_t low, high;
  std::memcpy(&low, &first, sizeof low);
  std::memcpy(&high, &second, sizeof high);
  return (low & 0xffff) | static_cast<std::int32_t>(static_cast<std::uint32_t>(high) << 16);
}

// Packs samples [begin, end) of the listed columns, times `inverse_steps`, into panels of kWidth
// columns, each kChunk / 2 * kWidth pairs; `row` has room for the pairs of all of them.
template <int kWidth>
void pack_pairs(const float* matrix, std::int64_t n_columns, std::int64_t begin, std::int64_t end,
                const std::int32_t* columns, const float* inverse_steps, std::int64_t n_listed,
                std::int32_t* row, std::int32_t* panels) {
  const bool together = columns[n_listed - 1] - columns[0] == n_listed - 1;
  for (std::int64_t i = begin; i < end; i += 2, panels += kWidth) {
    const float* one = matrix + i * n_columns;
    const float* other = i + 1 < end ? one + n_columns : one;
    const float has_other = i + 1 < end ? 1.0f : 0.0f;
    if (together) {
      one += columns[0];
      other += columns[0];
      for (std::int64_t j = 0; j < n_listed; ++j) {
        row[j] = whole_pair(one[j] * inverse_steps[j], other[j] * inverse_steps[j] * has_other);
      }
    } else {
      for (std::int64_t j = 0; j < n_listed; ++j) {
        row[j] = whole_pair(one[columns[j]] * inverse_steps[j],
                            other[columns[j]] * inverse_steps[j] * has_other);
      }
    }
    for (std::int64_t j = 0; j < n_listed; j += kWidth) {
      std::memcpy(panels + j * (kChunk / 2), row + j,
                  kWidth * sizeof *row);  // the last with what was there
    }
  }
}

// scores[i][j] = (first ? 0 : scores[i][j]) + sum over k of the products of post[k][i] and
// pre[k][j].
inline void multiply_pair_micro_tile(int n_pairs, const std::int32_t* pre, const std::int32_t* post,
                                     bool first, float* scores, std::int64_t stride) {
  for (int i = 0; i < kMicroPost; ++i) __builtin_prefetch(scores + i * stride, 1);
  vi sums[kMicroPost][kMicroVectors];
  for (auto& row : sums) {
    for (vi& sum : row) sum = vi{};
  }
  for (int k = 0; k < n_pairs; ++k) {
    vi values[kMicroVectors];
    for (int j = 0; j < kMicroVectors; ++j) {
      values[j] = *reinterpret_cast<const vi*>(pre + k * kMicroPre + j * kLanes);
    }
    for (int i = 0; i < kMicroPost; ++i) {
      const vi factor = post[k * kMicroPost + i] - vi{};
      for (int j = 0; j < kMicroVectors; ++j)
        sums[i][j] = add_pair_products(sums[i][j], factor, values[j]);
    }
  }
  for (int i = 0; i < kMicroPost; ++i) {
    float* row = scores + i * stride;
    for (int j = 0; j < kMicroVectors; ++j, row += kLanes) {
      const vf sum = __builtin_convertvector(sums[i][j], vf);
      store(row, first ? sum : load(row) + sum);
    }
  }
}

// What a side's live neurons are in whole numbers, and how far that is from what they are.
struct Wholes {
  std::vector<float> inverse_step;  // whole numbers per unit of activation
  std::vector<float> step;          // what one whole number counts in a score
  std::vector<float> length;        // Euclidean, of the scaled column
  std::vector<float> error;         // length of what rounding takes away

  Wholes(const ColumnProfiles& profiles, const Neurons& live) {
    for (std::size_t i = 0; i < live.index.size(); ++i) {
      const auto column = static_cast<std::size_t>(live.index[i]);
      const double largest = profiles.largest[column], scale = live.scale[i];
      const double whole = largest / kLargestWhole * scale;
      inverse_step.push_back(static_cast<float>(kLargestWhole / largest));
      step.push_back(static_cast<float>(whole));
      length.push_back(static_cast<float>(profiles.length[column] * scale));
      // Half a step at most, and a little for the float arithmetic; zeros stay zeros.
      error.push_back(static_cast<float>(0.501 * whole * std::sqrt(profiles.n_nonzero[column])));
    }
  }
};

// Whether float can hold what a coarse search computes of these columns.
inline bool are_moderate(const ColumnProfiles& profiles, const Neurons& live) {
  constexpr double kLow = 1e-15, kHigh = 1e15;
  for (std::size_t i = 0; i < live.index.size(); ++i) {
    const auto column = static_cast<std::size_t>(live.index[i]);
    const double largest = profiles.largest[column],
                 length = profiles.length[column] * live.scale[i];
    if (!(largest >= kLow && largest <= kHigh && length >= kLow && length <= kHigh)) return false;
    if (!(std::abs(live.offset[i]) <= kHigh)) return false;
  }
  return true;
}

// How the blocks of a coarse search are multiplied; see ExactProduct.
class CoarseProduct {
 public:
  CoarseProduct(const AbsentPairQuery& query, const Side& pre, const Side& post,
                const Wholes& pre_wholes, const Wholes& post_wholes)
      : query_(query), pre_(pre), post_(post), pre_wholes_(pre_wholes), post_wholes_(post_wholes) {}

  struct Panels {
    Ints pre, post, row;
  };

  Panels panels(std::int64_t n_pre, std::int64_t n_post) const {
    return {Ints(static_cast<std::size_t>(n_pre * kChunk / 2), Fill::nothing),
            Ints(static_cast<std::size_t>(n_post * kChunk / 2), Fill::nothing),
            Ints(static_cast<std::size_t>(std::max(n_pre, n_post) + kMicroPre + kMicroPost))};
  }

  void pack_post(Panels& panels, std::int64_t begin, std::int64_t end, std::int64_t first,
                 std::int64_t n) const {
    pack_pairs<kMicroPost>(query_.post, query_.n_post, begin, end, post_.live.index.data() + first,
                           post_wholes_.inverse_step.data() + first, n, panels.row.data(),
                           panels.post.data());
  }
  void pack_pre(Panels& panels, std::int64_t begin, std::int64_t end, std::int64_t first,
                std::int64_t n) const {
    pack_pairs<kMicroPre>(query_.pre, query_.n_pre, begin, end, pre_.live.index.data() + first,
                          pre_wholes_.inverse_step.data() + first, n, panels.row.data(),
                          panels.pre.data());
  }

  void multiply(const Panels& panels, std::int64_t begin, std::int64_t end, std::int64_t n_pre,
                std::int64_t post, float* scores, std::int64_t stride) const {
    constexpr int kWholePairs = kWholeSamples / 2;
    const int n_pairs = static_cast<int>((end - begin + 1) / 2);
    for (std::int64_t j = 0; j < n_pre; j += kMicroPre) {
      const std::int32_t* before = panels.pre.data() + j * (kChunk / 2);
      const std::int32_t* after = panels.post.data() + post * (kChunk / 2);
      for (int k = 0; k < n_pairs; k += kWholePairs) {
        multiply_pair_micro_tile(std::min(kWholePairs, n_pairs - k), before + k * kMicroPre,
                                 after + k * kMicroPost, begin + k == 0, scores + j, stride);
      }
    }
  }

 private:
  const AbsentPairQuery& query_;
  const Side& pre_;
  const Side& post_;
  const Wholes& pre_wholes_;
  const Wholes& post_wholes_;
};

}  // namespace ctre::CTRE_ISA
