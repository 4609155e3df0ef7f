// Which connections a network needs, in the orders in which training walks them.
//
// A neuron is live if the scores depend on it: all outputs are, and whatever joins a live neuron
// of the next layer. At one or two connections a neuron a third is not. Live neurons are numbered
// anew in each layer, those with equally many connections one after the other, so that the
// processor foresees the ends of the short inner loops.
#pragma once

#include <cstdint>
#include <vector>

#include "call.hpp"

namespace ctre {

// The connections into the live neurons of a layer, twice: by postsynaptic neuron to go forward,
// by presynaptic one to go backward. Numbers of neurons are new ones, unless called original.
struct LayerPlan {
  std::int32_t n_pre = 0, n_post = 0;

  std::vector<std::int32_t> in_offsets;      // (n_post + 1,)
  std::vector<std::int32_t> pre;             // (n,)
  std::vector<std::int32_t> backward_place;  // (n,) where a forward connection is going backward
  std::vector<std::int32_t> out_offsets;     // (n_pre + 1,)
  std::vector<std::int32_t> post;            // (n,)

  std::vector<std::int32_t> connections;       // (n,) original one of each, going backward
  std::vector<std::int32_t> neurons;           // (n_post,) original one of each
  std::vector<std::int32_t> idle_connections;  // those into neurons that are not live
  std::vector<std::int32_t> idle_neurons;

  std::int32_t n_connections() const { return static_cast<std::int32_t>(post.size()); }
};

// Which of the two orders are wanted.
enum class Orders { both, backward };

struct Plan {
  // Without the forward order, `pre` and `backward_place` stay empty.
  explicit Plan(const std::vector<LayerView>& layers, Orders orders = Orders::both);

  std::vector<std::int32_t> input_row;  // (n_features,) new number, or -1: nobody reads it
  std::vector<LayerPlan> layers;
};

}  // namespace ctre
