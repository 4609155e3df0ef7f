// The scores of listed places of a layer by a bilinear form.
#pragma once

#include "form.hpp"

namespace ctre {

struct PairScoresCall : BilinearForm {
  // The places in CSC form.
  const std::int32_t* indptr;   // (n_post + 1,)
  const std::int32_t* indices;  // (n_pairs,)
  int n_threads;
  float* out;  // (n_pairs,)
};

}  // namespace ctre
