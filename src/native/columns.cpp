// Lengths are summed in double: the squares of large floats overflow, those of small ones vanish.
#include "columns.hpp"

#include <algorithm>
#include <cmath>

namespace ctre::CTRE_ISA {
namespace {

constexpr std::int64_t kWidth = 128;  // columns at once: their sums stay in L1

void scale_columns(const ColumnsCall& call, std::int64_t first, int width) {
  double scale[kWidth] = {};
  for (std::int64_t row = 0; row < call.n_rows; ++row) {
    const float* in = call.in + row * call.n_columns + first;
    for (int j = 0; j < width; ++j) scale[j] += static_cast<double>(in[j]) * static_cast<double>(in[j]);
  }
  for (int j = 0; j < width; ++j) scale[j] = scale[j] > 0 ? 1.0 / std::sqrt(scale[j]) : scale[j];
  for (std::int64_t row = 0; row < call.n_rows; ++row) {
    const float* in = call.in + row * call.n_columns + first;
    float* out = call.out + row * call.n_columns + first;
    for (int j = 0; j < width; ++j) out[j] = static_cast<float>(static_cast<double>(in[j]) * scale[j]);
  }
}

}  // namespace

void unit_columns(const ColumnsCall& call) {
  for (std::int64_t first = 0; first < call.n_columns; first += kWidth) {
    scale_columns(call, first, static_cast<int>(std::min(kWidth, call.n_columns - first)));
  }
}

}  // namespace ctre::CTRE_ISA
