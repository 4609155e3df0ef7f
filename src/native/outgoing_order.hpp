// The connections of a layer by presynaptic neuron, which is the order of going backward.
#pragma once

#include <vector>

#include "call.hpp"
#include "memory.hpp"

namespace ctre {

struct OutgoingOrder {
  explicit OutgoingOrder(const LayerView& layer)
      : offsets(static_cast<std::size_t>(layer.n_pre) + 1),
        post(static_cast<std::size_t>(layer.n_connections()), Fill::nothing),
        connections(static_cast<std::size_t>(layer.n_connections()), Fill::nothing),
        weights(static_cast<std::size_t>(layer.n_connections()), Fill::nothing) {
    for (std::int32_t k = 0; k < layer.n_connections(); ++k)
      ++offsets[static_cast<std::size_t>(layer.indices[k]) + 1];
    for (std::size_t p = 1; p < offsets.size(); ++p) offsets[p] += offsets[p - 1];
    std::vector<std::int32_t> next(offsets);
    for (std::int32_t q = 0; q < layer.n_post; ++q) {
      for (std::int32_t k = layer.indptr[q]; k < layer.indptr[q + 1]; ++k) {
        const std::int32_t place = next[static_cast<std::size_t>(layer.indices[k])]++;
        post.data()[place] = q;
        connections.data()[place] = k;
        weights.data()[place] = layer.weights[k];
      }
    }
  }

  std::vector<std::int32_t> offsets;  // (n_pre + 1,)
  Ints post;                          // (n,)
  Ints connections;                   // (n,) number of each in the layer
  Floats weights;                     // (n,)
};

}  // namespace ctre
