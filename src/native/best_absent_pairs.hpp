// The best free places of a layer by a bilinear score, found without an array of all places.
#pragma once

#include "form.hpp"

namespace ctre {

// What `best_absent_pairs` reads; it writes the `count` keys post * n_pre + pre, ascending.
struct AbsentPairQuery : BilinearForm {
  bool lowest_first;

  // Taken places in CSC form, presynaptic neurons ascending within a postsynaptic one.
  const std::int32_t* indptr;   // (n_post + 1,)
  const std::int32_t* indices;  // (n_taken,)

  std::int64_t count;  // at most the number of free places
  int n_threads;
};

}  // namespace ctre
