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

// One body per instruction set; they throw std::bad_alloc before they change anything.
namespace baseline {
void pair_scores(const PairScoresCall& call);
}
namespace avx2 {
void pair_scores(const PairScoresCall& call);
}
namespace avx512 {
void pair_scores(const PairScoresCall& call);
}

}  // namespace ctre
