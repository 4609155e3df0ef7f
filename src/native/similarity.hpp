// The best free places of a layer by a bilinear score, found without an array of all places.
#pragma once

#include <cstdint>

namespace ctre {

// What `best_absent_pairs` reads. The caller has checked it; nothing is copied or kept.
struct AbsentPairQuery {
  std::int64_t n_samples, n_pre, n_post;

  // Presynaptic side: either dense, sample-major (n_samples, n_pre) …
  const float* pre = nullptr;
  // … or, with `pre` null, CSC: the samples of one neuron lie together, ascending.
  const std::int64_t* pre_indptr = nullptr;   // (n_pre + 1,)
  const std::int32_t* pre_indices = nullptr;  // (n_values,) samples
  const float* pre_values = nullptr;          // (n_values,)

  const float* post;                   // (n_samples, n_post), sample-major
  const float* pre_offset = nullptr;   // (n_pre,) or null
  const float* post_offset = nullptr;  // (n_post,) or null
  bool absolute, lowest_first, normalized;

  // Taken places in CSC form, presynaptic neurons ascending within a postsynaptic one.
  const std::int32_t* indptr;   // (n_post + 1,)
  const std::int32_t* indices;  // (n_taken,)

  std::int64_t count;  // at most the number of free places
  int n_threads;
};

// Writes the `count` keys post * n_pre + pre, ascending. Throws std::bad_alloc before any thread
// starts. One body per instruction set; dispatch picks.
namespace baseline {
void best_absent_pairs(const AbsentPairQuery& query, std::int64_t* keys);
}
namespace avx2 {
void best_absent_pairs(const AbsentPairQuery& query, std::int64_t* keys);
}
namespace avx512 {
void best_absent_pairs(const AbsentPairQuery& query, std::int64_t* keys);
}

}  // namespace ctre
