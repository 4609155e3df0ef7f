// What a search for pairs knows of every column before it looks at pairs: whether it is dead (zero
// throughout), how large its values are, how long it is, and what it is scaled by.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "threads.hpp"

namespace ctre::CTRE_ISA {

struct ColumnProfiles {
  std::vector<float> largest;           // magnitude; NaN counts as larger than infinity
  std::vector<std::int32_t> n_nonzero;  // samples
  std::vector<double> length;           // Euclidean, before scaling

  explicit ColumnProfiles(std::int64_t n_columns)
      : largest(static_cast<std::size_t>(n_columns)),
        n_nonzero(largest.size()),
        length(largest.size()) {}

  bool is_dead(std::size_t column) const { return largest[column] == 0; }
  bool is_finite(std::size_t column) const {
    return largest[column] <= std::numeric_limits<float>::max();
  }
  // What makes the length one: within float, also for a column of denormal numbers.
  float unit_scale(std::size_t column) const {
    constexpr double kLargest = std::numeric_limits<float>::max();
    return static_cast<float>(std::min(1.0 / length[column], kLargest));
  }
};

inline float magnitude(float value) {
  std::int32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits &= std::numeric_limits<std::int32_t>::max();
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

// Of a column's values as shares of the largest one, so that no square is too large or too small.
inline float inverse_of(float largest) {
  return largest > 0 ? std::min(1.0f / largest, std::numeric_limits<float>::max()) : 0.0f;
}

// Profiles a share of the columns of a (n_rows, n_columns) matrix.
inline void profile_columns(const float* matrix, std::int64_t n_rows, std::int64_t n_columns, Share share,
                            ColumnProfiles& profiles) {
  constexpr std::int64_t kWidth = 512;  // columns at once: what is kept of them stays in L1
  constexpr std::int64_t kRows = 16;    // whose squares are summed in float
  for (std::int64_t first = share.begin; first < share.end; first += kWidth) {
    const int width = static_cast<int>(std::min(kWidth, share.end - first));
    std::int32_t largest[kWidth] = {}, n_nonzero[kWidth] = {};  // bits of magnitudes sort as they do
    for (std::int64_t row = 0; row < n_rows; ++row) {
      const float* in = matrix + row * n_columns + first;
      for (int j = 0; j < width; ++j) {
        std::int32_t bits;
        std::memcpy(&bits, in + j, sizeof bits);
        bits &= std::numeric_limits<std::int32_t>::max();
        largest[j] = std::max(largest[j], bits);
        n_nonzero[j] += bits != 0;
      }
    }
    float inverse[kWidth];
    for (int j = 0; j < width; ++j) {
      float value;
      std::memcpy(&value, largest + j, sizeof value);
      profiles.largest[static_cast<std::size_t>(first + j)] = value;
      profiles.n_nonzero[static_cast<std::size_t>(first + j)] = n_nonzero[j];
      inverse[j] = inverse_of(value);
    }
    double squares[kWidth] = {};
    for (std::int64_t begin = 0; begin < n_rows; begin += kRows) {
      float some[kWidth] = {};
      for (std::int64_t row = begin; row < std::min(begin + kRows, n_rows); ++row) {
        const float* in = matrix + row * n_columns + first;
        for (int j = 0; j < width; ++j) {
          const float share_of_largest = in[j] * inverse[j];
          some[j] += share_of_largest * share_of_largest;
        }
      }
      for (int j = 0; j < width; ++j) squares[j] += static_cast<double>(some[j]);
    }
    for (int j = 0; j < width; ++j) {
      const auto at = static_cast<std::size_t>(first + j);
      profiles.length[at] = profiles.is_dead(at) || !profiles.is_finite(at)
                                ? static_cast<double>(profiles.largest[at])
                                : std::sqrt(squares[j]) / static_cast<double>(inverse[j]);
    }
  }
}

// The same for columns in CSC form.
inline void profile_columns(const std::int64_t* indptr, const float* values, Share share,
                            ColumnProfiles& profiles) {
  for (std::int64_t column = share.begin; column < share.end; ++column) {
    std::int32_t largest = 0;
    double squares = 0;
    std::int32_t n_nonzero = 0;
    for (std::int64_t i = indptr[column]; i < indptr[column + 1]; ++i) {
      const auto value = static_cast<double>(values[i]);
      squares += value * value;
      const float size = magnitude(values[i]);
      std::int32_t bits;
      std::memcpy(&bits, &size, sizeof bits);
      largest = std::max(largest, bits);
      n_nonzero += bits != 0;
    }
    const auto at = static_cast<std::size_t>(column);
    std::memcpy(&profiles.largest[at], &largest, sizeof largest);
    profiles.n_nonzero[at] = n_nonzero;
    profiles.length[at] = std::sqrt(squares);
  }
}

}  // namespace ctre::CTRE_ISA
