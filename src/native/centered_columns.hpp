// The profiles of columns that count less their means, read twice: for the mean, then for what it
// leaves. Both are summed in double, where no square of a float is too large or too small.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "columns.hpp"
#include "form.hpp"
#include "simd.hpp"
#include "threads.hpp"

namespace ctre::CTRE_ISA {

// A column whose standard deviation is at most so much of its mean is constant but for rounding.
inline constexpr double kConstant = 0x1p-22;

inline void set_centered(ColumnProfiles& profiles, std::size_t column, std::int64_t n_rows,
                         double mean, double squares, double largest) {
  const double rounding = kConstant * mean;
  const bool is_constant = squares <= static_cast<double>(n_rows) * rounding * rounding;
  const bool is_finite = squares <= std::numeric_limits<double>::max();
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  profiles.mean[column] = is_finite ? mean : kNaN;
  profiles.length[column] = is_constant ? 0 : is_finite ? std::sqrt(squares) : kNaN;
  profiles.largest[column] = static_cast<float>(is_constant ? 0 : is_finite ? largest : kNaN);
  profiles.n_nonzero[column] = is_constant ? 0 : static_cast<std::int32_t>(n_rows);
}

// Calls visit(n, rows) for a few rows of a matrix together, and for the last ones alone.
template <class Visit>
void visit_rows(const float* matrix, std::int64_t n_rows, std::int64_t n_columns, Visit&& visit) {
  constexpr std::int64_t kTogether = 4;  // so that totals are read and written a quarter as often
  std::int64_t row = 0;
  for (; row + kTogether <= n_rows; row += kTogether) {
    const float* rows[kTogether];
    for (int i = 0; i < kTogether; ++i) rows[i] = matrix + (row + i) * n_columns;
    visit(std::integral_constant<int, kTogether>{}, rows);
  }
  for (; row < n_rows; ++row) {
    const float* const rows[] = {matrix + row * n_columns};
    visit(std::integral_constant<int, 1>{}, rows);
  }
}

// Profiles a share of the columns of a (n_rows, n_columns) matrix.
inline void profile_centered_columns(const float* matrix, std::int64_t n_rows,
                                     std::int64_t n_columns, Share share,
                                     ColumnProfiles& profiles) {
  constexpr std::int64_t kWidth = 256;  // columns at once: what is kept of them stays in L1
  for (std::int64_t first = share.begin; first < share.end; first += kWidth) {
    const int width = static_cast<int>(std::min(kWidth, share.end - first));
    double mean[kWidth] = {}, squares[kWidth] = {}, largest[kWidth] = {};
    visit_rows(matrix + first, n_rows, n_columns, [&](auto together, const float* const* rows) {
      for (int j = 0; j < width; ++j) {
        double sum = mean[j];
        for (int i = 0; i < together; ++i) sum += static_cast<double>(rows[i][j]);
        mean[j] = sum;
      }
    });
    for (int j = 0; j < width; ++j) {
      mean[j] /= static_cast<double>(std::max<std::int64_t>(1, n_rows));
    }
    visit_rows(matrix + first, n_rows, n_columns, [&](auto together, const float* const* rows) {
      for (int j = 0; j < width; ++j) {
        double sum = squares[j], most = largest[j];
        for (int i = 0; i < together; ++i) {
          const double rest = static_cast<double>(rows[i][j]) - mean[j], size = std::abs(rest);
          sum = multiply_add(rest, rest, sum);
          most = size > most ? size : most;
        }
        squares[j] = sum;
        largest[j] = most;
      }
    });
    for (int j = 0; j < width; ++j) {
      set_centered(profiles, static_cast<std::size_t>(first + j), n_rows, mean[j], squares[j],
                   largest[j]);
    }
  }
}

// The same for columns of n_rows samples in CSC form.
inline void profile_centered_columns(const std::int64_t* indptr, const float* values,
                                     std::int64_t n_rows, Share share, ColumnProfiles& profiles) {
  for (std::int64_t column = share.begin; column < share.end; ++column) {
    const float* const begin = values + indptr[column];
    const float* const end = values + indptr[column + 1];
    const auto n_zero = static_cast<double>(n_rows - (end - begin));
    double mean = 0;
    for (const float* value = begin; value != end; ++value) mean += static_cast<double>(*value);
    mean /= static_cast<double>(std::max<std::int64_t>(1, n_rows));
    double squares = n_zero * mean * mean, largest = n_zero > 0 ? std::abs(mean) : 0;
    for (const float* value = begin; value != end; ++value) {
      const double rest = static_cast<double>(*value) - mean;
      squares = multiply_add(rest, rest, squares);
      largest = std::max(largest, std::abs(rest));
    }
    set_centered(profiles, static_cast<std::size_t>(column), n_rows, mean, squares, largest);
  }
}

// A share of either side's columns, as a form means them.
inline void profile_pre(const BilinearForm& form, Share share, ColumnProfiles& profiles) {
  if (form.pre && form.centered) {
    profile_centered_columns(form.pre, form.n_samples, form.n_pre, share, profiles);
  } else if (form.pre) {
    profile_columns(form.pre, form.n_samples, form.n_pre, share, profiles);
  } else if (form.centered) {
    profile_centered_columns(form.pre_indptr, form.pre_values, form.n_samples, share, profiles);
  } else {
    profile_columns(form.pre_indptr, form.pre_indices, form.pre_values, share, profiles);
  }
}
inline void profile_post(const BilinearForm& form, Share share, ColumnProfiles& profiles) {
  if (form.centered) {
    profile_centered_columns(form.post, form.n_samples, form.n_post, share, profiles);
  } else {
    profile_columns(form.post, form.n_samples, form.n_post, share, profiles);
  }
}

}  // namespace ctre::CTRE_ISA
