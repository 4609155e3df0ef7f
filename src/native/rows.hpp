// Samples into a tile and out of it: rows of the caller's matrices on one side, rows of neurons on
// the other.
#pragma once

#include <algorithm>
#include <vector>

#include "call.hpp"
#include "input_dropout.hpp"
#include "sweep.hpp"

namespace ctre::CTRE_ISA {

// Which tile row every feature goes to. Features that nobody reads share one row behind the
// others, so that a block of features can be stored without asking.
class InputRows {
 public:
  // All features in their order.
  explicit InputRows(std::int32_t n_features) : n_rows_(n_features), row_of_(n_features) {
    for (std::int32_t f = 0; f < n_features; ++f) row_of_[f] = f;
    list_blocks();
  }
  // Those whose row is not negative.
  InputRows(std::vector<std::int32_t> row_of, std::int32_t n_rows)
      : n_rows_(n_rows), row_of_(std::move(row_of)) {
    for (auto& row : row_of_) row = row < 0 ? n_rows : row;
    list_blocks();
  }

  std::size_t n_tile_rows() const { return static_cast<std::size_t>(n_rows_) + 1; }

  // Copies `width` rows of a dense matrix, whose numbers are given, into a tile, as `counted` has
  // their values.
  template <class Counted = AllInputs>
  void copy_dense(const SamplesView& samples, const std::int64_t* numbers, int width, float* tile,
                  const Counted& counted = {}) const {
    constexpr int kAhead = 64;  // floats: more rows at once than a processor foresees by itself
    const float* sources[kMaxWidth];
    for (int s = 0; s < width; ++s) sources[s] = samples.dense + numbers[s] * samples.n_features;
    for (int s = 0; s < width; s += kLanes) {
      for (const std::int32_t first : blocks_) {
        vf block[kLanes];
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) {
          block[i] = loadu(sources[s + i] + first);
          __builtin_prefetch(sources[s + i] + first + kAhead);
        }
        transpose(block);
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i)
          store(tile + row_of_[first + i] * std::ptrdiff_t{width} + s,
                counted(block[i], first + i, s));
      }
    }
    for (std::int32_t f = 0; f < n_single_; ++f) {
      for (int s = 0; s < width; ++s)
        tile[row_of_[f] * std::ptrdiff_t{width} + s] = counted(sources[s][f], f, s);
    }
  }

  // Adds n rows of a CSR matrix to a tile of zeros.
  template <class Counted = AllInputs>
  void add_sparse(const SamplesView& samples, const std::int64_t* numbers, int n, int width,
                  float* tile, const Counted& counted = {}) const {
    for_each_entry(
        samples, numbers, n, width, tile,
        [&](float& place, float value, std::int32_t f, int s) { place += counted(value, f, s); });
  }
  // Turns it back to zeros, as cheaply.
  void clear_sparse(const SamplesView& samples, const std::int64_t* numbers, int n, int width,
                    float* tile) const {
    for_each_entry(samples, numbers, n, width, tile,
                   [](float& place, float, std::int32_t, int) { place = 0; });
  }

 private:
  // A block starts at each multiple of kLanes and holds a feature that is read; the last one is
  // moved back to end with the features. Fewer features than that are copied one by one.
  void list_blocks() {
    const auto n_features = static_cast<std::int32_t>(row_of_.size());
    if (n_features < kLanes) {
      n_single_ = n_features;
      return;
    }
    for (std::int32_t begin = 0; begin < n_features; begin += kLanes) {
      const std::int32_t first = std::min(begin, n_features - kLanes);
      const auto block = row_of_.begin() + first;
      if (std::any_of(block, block + kLanes, [&](std::int32_t row) { return row < n_rows_; }))
        blocks_.push_back(first);
    }
  }

  template <class Visit>
  void for_each_entry(const SamplesView& samples, const std::int64_t* numbers, int n, int width,
                      float* tile, Visit visit) const {
    for (int s = 0; s < n; ++s) {
      for (std::int64_t i = samples.indptr[numbers[s]]; i < samples.indptr[numbers[s] + 1]; ++i) {
        const std::int32_t f = samples.indices[i];
        visit(tile[row_of_[f] * std::ptrdiff_t{width} + s], samples.values[i], f, s);
      }
    }
  }

  std::int32_t n_rows_;
  std::vector<std::int32_t> row_of_;  // (n_features,)
  std::vector<std::int32_t> blocks_;  // first feature of each
  std::int32_t n_single_ = 0;
};

// Copies the first `n` samples of a tile of n_neurons rows into sample-major rows.
inline void copy_out(const float* tile, std::int32_t n_neurons, int width, int n, float* out) {
  std::int32_t q = 0;
  for (; q + kLanes <= n_neurons; q += kLanes) {
    for (int s = 0; s < n; s += kLanes) {
      vf block[kLanes];
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) block[i] = load(tile + (q + i) * std::ptrdiff_t{width} + s);
      transpose(block);
      for (int i = 0; i < std::min(kLanes, n - s); ++i)
        storeu(out + (s + i) * std::ptrdiff_t{n_neurons} + q, block[i]);
    }
  }
  for (; q < n_neurons; ++q) {
    for (int s = 0; s < n; ++s)
      out[s * std::ptrdiff_t{n_neurons} + q] = tile[q * std::ptrdiff_t{width} + s];
  }
}

}  // namespace ctre::CTRE_ISA
