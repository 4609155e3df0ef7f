// Columns of a matrix scaled to length one.
#pragma once

#include <cstdint>

namespace ctre {

struct ColumnsCall {
  const float* in;  // (n_rows, n_columns)
  std::int64_t n_rows, n_columns;
  float* out;  // (n_rows, n_columns)
};

// One body per instruction set.
namespace baseline {
void unit_columns(const ColumnsCall& call);
}
namespace avx2 {
void unit_columns(const ColumnsCall& call);
}
namespace avx512 {
void unit_columns(const ColumnsCall& call);
}

}  // namespace ctre
