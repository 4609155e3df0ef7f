// One layer by itself, forward and backward, for whoever owns the rest of the network.
#pragma once

#include "call.hpp"

namespace ctre {

struct LayerForwardCall {
  LayerView layer;
  const float* samples;  // (n_rows, n_pre)
  std::int64_t n_rows;
  int n_threads;
  float* out;  // (n_rows, n_post)
};

struct LayerBackwardCall {
  LayerView layer;
  const float* samples;  // (n_rows, n_pre)
  const float* error;    // (n_rows, n_post)
  std::int64_t n_rows;
  int n_threads;
  // Null where nobody wants it.
  float* sample_gradient;  // (n_rows, n_pre)
  float* weight_gradient;  // (n_connections,)
  float* bias_gradient;    // (n_post,)
};

}  // namespace ctre
