// What the kernels are called with: views of the caller's arrays, already checked, never copied.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

namespace ctre {

enum class Activation { relu, leaky_relu, tanh, logistic, identity };
enum class Loss { softmax_cross_entropy, logistic, squared_error };

inline constexpr float kLeak = 0.01f;  // slope of the leaky ReLU below zero
inline constexpr int kMaxSlots = 2;

// One layer: neuron q owns connections indptr[q] … indptr[q + 1] - 1.
struct LayerView {
  std::int32_t n_pre, n_post;
  const std::int32_t* indptr;
  const std::int32_t* indices;
  float* weights;
  float* biases;
  float* weight_slots[kMaxSlots] = {};  // the optimizer's memory: velocity, or two moments
  float* bias_slots[kMaxSlots] = {};

  std::int32_t n_connections() const { return indptr[n_post]; }
};

// Rows to read: sample-major, or CSR where `dense` is null.
struct SamplesView {
  std::int64_t n_rows;
  std::int32_t n_features;
  const float* dense = nullptr;
  const std::int64_t* indptr = nullptr;
  const std::int32_t* indices = nullptr;
  const float* values = nullptr;
};

struct SGD {
  static constexpr int kSlots = 1;
  double learning_rate, momentum, l2;
  bool nesterov;
};

struct Adam {
  static constexpr int kSlots = 2;
  double learning_rate, beta_1, beta_2, floor, l2;
  std::int64_t n_steps_done;
};

using Optimizer = std::variant<SGD, Adam>;

// Inputs left out at random: those whose hash is below the threshold; the others are scaled.
struct DropoutView {
  std::uint32_t threshold, seed;
  float scale;
};

struct TrainCall {
  std::vector<LayerView> layers;
  SamplesView samples;
  const std::int32_t* labels = nullptr;  // (n_rows,) for the softmax, else …
  const float* targets = nullptr;        // … (n_rows, n_out)
  const std::int32_t* order;             // (n_trained,)
  std::int64_t n_trained;
  const float* sample_weight;  // (n_rows,) or null
  std::optional<DropoutView> input_dropout;
  std::int64_t batch_size;
  Activation activation;
  Loss loss;
  Optimizer optimizer;
  int n_threads;
  // Asked between batches with the number of samples done; false ends the epoch.
  std::function<bool(std::int64_t)> keep_going;

  std::int64_t largest_batch() const { return std::min(batch_size, n_trained); }
  bool has_many_weights() const {
    constexpr std::int64_t kCached = 1 << 20;  // 4 MB
    std::int64_t n_weights = 0;
    for (const auto& layer : layers) n_weights += layer.n_connections();
    return n_weights > kCached;
  }
};

struct EpochTotals {
  double loss = 0;
  std::int64_t n_correct = 0;
};

struct ForwardCall {
  std::vector<LayerView> layers;
  SamplesView samples;
  Activation activation;
  int n_threads;
  std::vector<float*> hidden;  // activations (n_rows, n_post) of the hidden layers; none, or all
  float* out;                  // (n_rows, n_post of the last layer), its input sums
};

}  // namespace ctre
