// The parameters of a network in the order of its plan, copied from the caller's arrays for the
// length of an epoch: one run of memory, so that a step is one loop.
#pragma once

#include <vector>

#include "memory.hpp"
#include "plan.hpp"

namespace ctre {

// Where each run of parameters lies; every run fills whole cache lines. First what is trained:
// all layers' weights (in backward order), then all biases; then what is idle, likewise.
struct ParameterLayout {
  explicit ParameterLayout(const std::vector<LayerPlan>& layers) {
    std::size_t end = 0;
    const auto append = [&](std::vector<std::size_t>& offsets,
                            const std::vector<std::int32_t>& items) {
      offsets.push_back(end);
      end += whole_lines(items.size());
    };
    for (const auto& layer : layers) append(weights, layer.connections);
    weights_end = end;
    for (const auto& layer : layers) append(biases, layer.neurons);
    trained_end = end;
    for (const auto& layer : layers) append(idle_weights, layer.idle_connections);
    idle_weights_end = end;
    for (const auto& layer : layers) append(idle_biases, layer.idle_neurons);
    size = end;
  }

  std::vector<std::size_t> weights, biases, idle_weights, idle_biases;  // offset for each layer
  std::size_t weights_end, trained_end, idle_weights_end, size;
};

class Parameters {
 public:
  Parameters(const std::vector<LayerView>& views, const std::vector<LayerPlan>& plans, int n_slots)
      : layout(plans), values(layout.size), views_(views), plans_(plans), n_slots_(n_slots) {
    for (int slot = 0; slot < n_slots; ++slot) slots[slot] = Floats(layout.size);
    exchange([](float& ours, float& theirs) { ours = theirs; });
  }

  void write_back() {
    exchange([](float& ours, float& theirs) { theirs = ours; });
  }

  const ParameterLayout layout;
  Floats values;
  Floats slots[kMaxSlots];

 private:
  template <class Move>
  void exchange(Move move) {
    const auto exchange_run = [&](float* ours, float* theirs,
                                  const std::vector<std::int32_t>& items) {
      for (std::size_t i = 0; i < items.size(); ++i) move(ours[i], theirs[items[i]]);
    };
    const auto exchange_layer = [&](float* ours, float* weights, float* biases, std::size_t l) {
      const LayerPlan& plan = plans_[l];
      exchange_run(ours + layout.weights[l], weights, plan.connections);
      exchange_run(ours + layout.idle_weights[l], weights, plan.idle_connections);
      exchange_run(ours + layout.biases[l], biases, plan.neurons);
      exchange_run(ours + layout.idle_biases[l], biases, plan.idle_neurons);
    };
    for (std::size_t l = 0; l < views_.size(); ++l) {
      const LayerView& view = views_[l];
      exchange_layer(values.data(), view.weights, view.biases, l);
      for (int slot = 0; slot < n_slots_; ++slot) {
        exchange_layer(slots[slot].data(), view.weight_slots[slot], view.bias_slots[slot], l);
      }
    }
  }

  const std::vector<LayerView>& views_;
  const std::vector<LayerPlan>& plans_;
  const int n_slots_;
};

}  // namespace ctre
