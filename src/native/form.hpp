// A bilinear score of all pairs of a layer's neurons, as the caller's arrays give it.
#pragma once

#include <cstdint>

namespace ctre {

// The caller has checked it; nothing is copied or kept.
struct BilinearForm {
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
  bool absolute;
  bool centered;                         // each column of both sides counts less its mean
  bool normalized_pre, normalized_post;  // … and scaled to length one
};

}  // namespace ctre
