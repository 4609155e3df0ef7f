// One thread's work on a tile: gather, forward, loss, backward.
#pragma once

#include "losses.hpp"
#include "parameters.hpp"
#include "rows.hpp"

namespace ctre::CTRE_ISA {

// How tiles go forward. The weights lie in the order of going backward.
enum class ForwardOrder {
  copied,   // by postsynaptic neuron, with weights that each thread copies into that order
  placed,   // the same, with each weight taken from where it lies: for a tile or so per copy
  backward  // by presynaptic neuron, as going backward
};

// What all threads read.
struct Network {
  const TrainCall& call;
  const Plan& plan;
  const InputRows& input_rows;
  const Parameters& parameters;
  const Sweeps sweeps;
  const ForwardOrder forward_order;
};

class TilePass {
 public:
  explicit TilePass(const Network& network) : network_(network) {
    std::size_t n_rows = 0, n_weights = 0;
    for (const auto& layer : network.plan.layers) {
      first_row_.push_back(n_rows);
      first_weight_.push_back(n_weights);
      n_rows += static_cast<std::size_t>(layer.n_post);
      n_weights += static_cast<std::size_t>(layer.n_connections());
    }
    inputs_ = Floats(network.input_rows.n_tile_rows() * kMaxWidth);
    rows_ = Floats(n_rows * kMaxWidth);
    if (network.forward_order == ForwardOrder::copied) forward_weights_ = Floats(n_weights);
  }

  // Copies the weights, which have changed since the last batch, into forward order. Each thread
  // does so for itself: a shared copy would need one more meeting of all threads.
  void refresh() {
    if (network_.forward_order != ForwardOrder::copied) return;
    for (std::size_t l = 0; l < first_weight_.size(); ++l) {
      const auto& place = network_.plan.layers[l].backward_place;
      const float* weights =
          network_.parameters.values.data() + network_.parameters.layout.weights[l];
      float* forward = forward_weights_.data() + first_weight_[l];
      for (std::size_t k = 0; k < place.size(); ++k) forward[k] = weights[place[k]];
    }
  }

  // Leaves the gradient of the tile's loss in `gradient`, which is laid out like the parameters,
  // or adds it to what is there.
  TileLoss run(const TileSamples& samples, float* gradient, bool adds) {
    const TrainCall& call = network_.call;
    const Sweep& sweep = network_.sweeps[static_cast<std::size_t>(samples.width / kLanes - 1)];
    if (call.input_dropout) {
      gather(samples, InputDropout(*call.input_dropout, samples.first_place, samples.width));
    } else {
      gather(samples, AllInputs{});
    }
    forward(sweep, samples.width);
    const std::size_t last = first_row_.size() - 1;
    const TileLoss loss = evaluate_loss(call.loss, rows_above(last, samples.width), n_post(last),
                                        samples, call.labels, call.targets);
    backward(sweep, samples.width, gradient, adds);
    if (!call.samples.dense) {
      network_.input_rows.clear_sparse(call.samples, samples.row, samples.n, samples.width,
                                       inputs_.data());
    }
    return loss;
  }

 private:
  template <class Counted>
  void gather(const TileSamples& samples, const Counted& counted) {
    const SamplesView& rows = network_.call.samples;
    if (rows.dense) {
      network_.input_rows.copy_dense(rows, samples.row, samples.width, inputs_.data(), counted);
    } else {
      network_.input_rows.add_sparse(rows, samples.row, samples.n, samples.width, inputs_.data(),
                                     counted);
    }
  }
  float* rows_above(std::size_t layer, int width) {
    return rows_.data() + first_row_[layer] * static_cast<std::size_t>(width);
  }
  float* rows_below(std::size_t layer, int width) {
    return layer == 0 ? inputs_.data() : rows_above(layer - 1, width);
  }
  std::int32_t n_post(std::size_t layer) const { return network_.plan.layers[layer].n_post; }
  Outgoing outgoing(std::size_t layer) const {
    const LayerPlan& plan = network_.plan.layers[layer];
    const Parameters& parameters = network_.parameters;
    return {plan.n_pre, plan.out_offsets.data(), plan.post.data(),
            parameters.values.data() + parameters.layout.weights[layer]};
  }

  void forward(const Sweep& sweep, int width) {
    const auto& layout = network_.parameters.layout;
    const float* values = network_.parameters.values.data();
    for (std::size_t l = 0; l < first_row_.size(); ++l) {
      const LayerPlan& plan = network_.plan.layers[l];
      const float* biases = values + layout.biases[l];
      const float* below = rows_below(l, width);
      float* above = rows_above(l, width);
      const bool is_output = l + 1 == first_row_.size();
      const float* weights = values + layout.weights[l];
      switch (network_.forward_order) {
        case ForwardOrder::copied: {
          const Incoming incoming{plan.n_post, plan.in_offsets.data(), plan.pre.data(),
                                  forward_weights_.data() + first_weight_[l], biases};
          (is_output ? sweep.forward_output : sweep.forward_hidden)(incoming, below, above);
          break;
        }
        case ForwardOrder::placed: {
          const Incoming incoming{plan.n_post, plan.in_offsets.data(),    plan.pre.data(), weights,
                                  biases,      plan.backward_place.data()};
          (is_output ? sweep.placed_output : sweep.placed_hidden)(incoming, below, above);
          break;
        }
        case ForwardOrder::backward:
          (is_output ? sweep.spread_output : sweep.spread_hidden)(outgoing(l), plan.n_post, biases,
                                                                  below, above);
      }
    }
  }

  void backward(const Sweep& sweep, int width, float* gradient, bool adds) {
    const auto& layout = network_.parameters.layout;
    const std::size_t last = first_row_.size() - 1;
    sweep.sum_output(n_post(last), rows_above(last, width), gradient + layout.biases[last], adds);
    for (std::size_t l = last + 1; l-- > 0;) {
      const float* above = rows_above(l, width);
      float* weight_gradient = gradient + layout.weights[l];
      if (l == 0) {
        sweep.backward_first(outgoing(l), above, rows_below(l, width), weight_gradient, adds);
      } else {
        sweep.backward_hidden(outgoing(l), above, rows_below(l, width), weight_gradient,
                              gradient + layout.biases[l - 1], adds);
      }
    }
  }

  const Network& network_;
  std::vector<std::size_t> first_row_;     // of each layer's postsynaptic neurons in `rows_`
  std::vector<std::size_t> first_weight_;  // of each layer in forward order
  Floats inputs_, rows_;                   // the tile; sparse inputs are all zero between two runs
  Floats forward_weights_;
};

}  // namespace ctre::CTRE_ISA
