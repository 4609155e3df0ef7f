// What a search for pairs knows of every column before it looks at pairs: whether it is dead (zero
// throughout), how large its values are, how long it is, and what it is scaled by.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "simd.hpp"
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

constexpr std::int64_t kSummedRows = 16;  // whose squares are summed in float, the sums in double

// The squares of one column, sample after sample; dense and sparse columns come to the same sum.
class SumOfSquares {
 public:
  void add(std::int64_t row, float value) {
    if (row / kSummedRows != block_) {
      total_ += static_cast<double>(some_);
      some_ = 0;
      block_ = row / kSummedRows;
    }
    some_ = multiply_add(value, value, some_);
  }
  double total() const { return total_ + static_cast<double>(some_); }

 private:
  std::int64_t block_ = 0;
  float some_ = 0;
  double total_ = 0;
};

// Whether squares of such a size, and their sums, are ordinary floats.
inline bool is_ordinary(float largest) { return largest >= 1e-12f && largest <= 1e15f; }

// The length of a column given by visit(add), which calls add(row, value) for its samples. Other
// than ordinary values are brought near one by a power of two, which changes no digit.
template <class Visit>
double length_of(float largest, Visit&& visit) {
  if (largest == 0 || !(largest <= std::numeric_limits<float>::max()))
    return static_cast<double>(largest);
  int exponent = 0;
  if (!is_ordinary(largest)) std::frexp(largest, &exponent);
  SumOfSquares squares;
  visit([&](std::int64_t row, float value) { squares.add(row, std::ldexp(value, -exponent)); });
  return std::ldexp(std::sqrt(squares.total()), exponent);
}

// Profiles a share of the columns of a (n_rows, n_columns) matrix.
inline void profile_columns(const float* matrix, std::int64_t n_rows, std::int64_t n_columns,
                            Share share, ColumnProfiles& profiles) {
  constexpr std::int64_t kWidth = 512;  // columns at once: what is kept of them stays in L1
  for (std::int64_t first = share.begin; first < share.end; first += kWidth) {
    const int width = static_cast<int>(std::min(kWidth, share.end - first));
    std::int32_t largest[kWidth] = {},
                 n_nonzero[kWidth] = {};  // bits of magnitudes sort as they do
    double squares[kWidth] = {};
    for (std::int64_t begin = 0; begin < n_rows; begin += kSummedRows) {
      float some[kWidth] = {};
      for (std::int64_t row = begin; row < std::min(begin + kSummedRows, n_rows); ++row) {
        const float* in = matrix + row * n_columns + first;
        for (int j = 0; j < width; ++j) {
          std::int32_t bits;
          std::memcpy(&bits, in + j, sizeof bits);
          bits &= std::numeric_limits<std::int32_t>::max();
          largest[j] = std::max(largest[j], bits);
          n_nonzero[j] += bits != 0;
          some[j] = multiply_add(in[j], in[j], some[j]);
        }
      }
      for (int j = 0; j < width; ++j) squares[j] += static_cast<double>(some[j]);
    }
    for (int j = 0; j < width; ++j) {
      const auto at = static_cast<std::size_t>(first + j);
      float& most = profiles.largest[at];
      std::memcpy(&most, largest + j, sizeof most);
      profiles.n_nonzero[at] = n_nonzero[j];
      profiles.length[at] =
          is_ordinary(most) ? std::sqrt(squares[j]) : length_of(most, [&](auto&& add) {
            for (std::int64_t row = 0; row < n_rows; ++row)
              add(row, matrix[row * n_columns + first + j]);
          });
    }
  }
}

// The same for columns in CSC form.
inline void profile_columns(const std::int64_t* indptr, const std::int32_t* indices,
                            const float* values, Share share, ColumnProfiles& profiles) {
  for (std::int64_t column = share.begin; column < share.end; ++column) {
    std::int32_t largest = 0, n_nonzero = 0;
    for (std::int64_t i = indptr[column]; i < indptr[column + 1]; ++i) {
      std::int32_t bits;
      std::memcpy(&bits, values + i, sizeof bits);
      bits &= std::numeric_limits<std::int32_t>::max();
      largest = std::max(largest, bits);
      n_nonzero += bits != 0;
    }
    const auto at = static_cast<std::size_t>(column);
    float& most = profiles.largest[at];
    std::memcpy(&most, &largest, sizeof most);
    profiles.n_nonzero[at] = n_nonzero;
    profiles.length[at] = length_of(most, [&](auto&& add) {
      for (std::int64_t i = indptr[column]; i < indptr[column + 1]; ++i) add(indices[i], values[i]);
    });
  }
}

}  // namespace ctre::CTRE_ISA
