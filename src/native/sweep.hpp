// The inner loops: a layer forward, by either side, and a layer backward on one tile.
//
// A tile is a few samples side by side. It holds one row per neuron, tile[neuron][sample], of
// kVectors registers. Going forward a row is the neuron's activation; going backward its error
// signal takes that place, since nobody needs the activation any more by then. Either way a
// connection costs one row read and no row written.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>

#include "activations.hpp"

namespace ctre::CTRE_ISA {

inline constexpr int kMaxVectors = 4;  // in a row: the backward loop holds two rows in registers
inline constexpr int kMaxWidth = kMaxVectors * kLanes;

// A layer as the forward loop walks it: by postsynaptic neuron.
struct Incoming {
  std::int32_t n_post;
  const std::int32_t* offsets;  // (n_post + 1,)
  const std::int32_t* pre;
  const float* weights;
  const float* biases;
  const std::int32_t* place = nullptr;  // of each weight; null if they lie in this order
};

// Whether a row is zero throughout.
template <int kVectors>
CTRE_INLINE bool is_zero(const float* row) {
  std::uint32_t found = 0;
  for (int i = 0; i < kVectors * kLanes; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, row + i, sizeof bits);
    found |= bits << 1;  // without the sign
  }
  return !found;
}

template <class F, int kVectors, bool kPlaced>
void forward_layer(const Incoming& in, const float* below, float* above) {
  constexpr std::ptrdiff_t kWidth = kVectors * kLanes;
  const auto [n_post, offsets, pre, weights, biases, place] = in;
  std::int32_t k = 0;
  for (std::int32_t q = 0; q < n_post; ++q, above += kWidth) {
    vf sum[kVectors];
    for (int v = 0; v < kVectors; ++v) sum[v] = splat(biases[q]);
    for (const std::int32_t end = offsets[q + 1]; k < end; ++k) {
      const float* row = below + pre[k] * kWidth;
      const vf weight = splat(weights[kPlaced ? place[k] : k]);
      for (int v = 0; v < kVectors; ++v) sum[v] += weight * load(row + v * kLanes);
    }
    for (int v = 0; v < kVectors; ++v) store(above + v * kLanes, F::value(sum[v]));
  }
}

// A layer as the backward loop walks it: by presynaptic neuron.
struct Outgoing {
  std::int32_t n_pre;
  const std::int32_t* offsets;  // (n_pre + 1,)
  const std::int32_t* post;
  const float* weights;
};

// The same layer forward in the order of the backward loop: a connection costs a row read and
// written, but the weights need no second order, nor does a neuron that is zero in the whole tile
// cost anything.
template <class F, int kVectors>
void spread_layer(const Outgoing& out, std::int32_t n_post, const float* biases, const float* below,
                  float* above) {
  constexpr std::ptrdiff_t kWidth = kVectors * kLanes;
  for (std::int32_t q = 0; q < n_post; ++q) {
    for (int v = 0; v < kVectors; ++v) store(above + q * kWidth + v * kLanes, splat(biases[q]));
  }
  for (std::int32_t p = 0; p < out.n_pre; ++p, below += kWidth) {
    if (is_zero<kVectors>(below)) continue;
    vf activation[kVectors];
    for (int v = 0; v < kVectors; ++v) activation[v] = load(below + v * kLanes);
    for (std::int32_t k = out.offsets[p]; k < out.offsets[p + 1]; ++k) {
      float* row = above + out.post[k] * kWidth;
      const vf weight = splat(out.weights[k]);
      for (int v = 0; v < kVectors; ++v) {
        store(row + v * kLanes, load(row + v * kLanes) + weight * activation[v]);
      }
    }
  }
  for (std::int32_t q = 0; q < n_post; ++q, above += kWidth) {
    for (int v = 0; v < kVectors; ++v) {
      store(above + v * kLanes, F::value(load(above + v * kLanes)));
    }
  }
}

// Takes one vector of partial sums per parameter, in order, and writes their totals, or adds them
// to those of earlier tiles.
class GradientWriter {
 public:
  // Those on their way. They lie outside of the writer, whose pointers then are in registers.
  struct Pending {
    alignas(kLanes * sizeof(float)) float values[kLanes * kLanes];
  };

  GradientWriter(float* out, bool adds, Pending& pending)
      : next_(pending.values), begin_(pending.values), out_(out), adds_(adds) {}

  CTRE_INLINE void push(vf partial_sums) {
    store(next_, partial_sums);
    next_ += kLanes;
    if (next_ == begin_ + kLanes * kLanes) flush();
  }
  // Rounds up to a whole vector with zeros.
  void finish() {
    if (next_ == begin_) return;
    for (; next_ != begin_ + kLanes * kLanes; next_ += kLanes) store(next_, vf{});
    flush();
  }

 private:
  CTRE_INLINE void flush() {
    vf sums[kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) sums[i] = load(begin_ + i * kLanes);
    const vf total = sum_lanes(sums);
    store(out_, adds_ ? load(out_) + total : total);
    out_ += kLanes;
    next_ = begin_;
  }
  float* next_;
  float* const begin_;
  float* out_;
  const bool adds_;
};

template <int kVectors>
CTRE_INLINE vf sum_of(const vf (&x)[kVectors]) {
  vf sum = x[0];
  for (int v = 1; v < kVectors; ++v) sum += x[v];
  return sum;
}

// Writes the gradients of the layer's weights, turns the presynaptic rows from activations into
// error signals, and writes the gradients of the presynaptic biases.
template <class F, int kVectors>
void backward_layer(const Outgoing& out, const float* above, float* below, float* weight_gradient,
                    float* bias_gradient, bool adds) {
  constexpr std::ptrdiff_t kWidth = kVectors * kLanes;
  const auto [n_pre, offsets, post, weights] = out;
  GradientWriter::Pending pending;
  GradientWriter weight_gradients(weight_gradient, adds, pending);
  std::int32_t k = 0;
  for (std::int32_t first = 0; first < n_pre; first += kLanes, bias_gradient += kLanes) {
    vf bias_sums[kLanes];
    const int n = std::min(kLanes, n_pre - first);
    for (int i = n; i < kLanes; ++i) bias_sums[i] = vf{};
    for (int i = 0; i < n; ++i, below += kWidth) {
      vf activation[kVectors], error[kVectors];
      for (int v = 0; v < kVectors; ++v) {
        activation[v] = load(below + v * kLanes);
        error[v] = vf{};
      }
      for (const std::int32_t end = offsets[first + i + 1]; k < end; ++k) {
        const float* row = above + post[k] * kWidth;
        const vf weight = splat(weights[k]);
        vf product;
        for (int v = 0; v < kVectors; ++v) {
          const vf post_error = load(row + v * kLanes);
          product = v == 0 ? activation[v] * post_error
                           : multiply_add(activation[v], post_error, product);
          error[v] += weight * post_error;
        }
        weight_gradients.push(product);
      }
      for (int v = 0; v < kVectors; ++v) {
        error[v] = F::back(error[v], activation[v]);
        store(below + v * kLanes, error[v]);
      }
      bias_sums[i] = sum_of(error);
    }
    const vf total = sum_lanes(bias_sums);
    store(bias_gradient, adds ? load(bias_gradient) + total : total);
  }
  weight_gradients.finish();
}

// The same for the first layer: its inputs have neither error signals nor biases.
template <int kVectors>
void backward_first_layer(const Outgoing& out, const float* above, const float* below,
                          float* weight_gradient, bool adds) {
  constexpr std::ptrdiff_t kWidth = kVectors * kLanes;
  const auto [n_pre, offsets, post, weights] = out;
  GradientWriter::Pending pending;
  GradientWriter weight_gradients(weight_gradient, adds, pending);
  std::int32_t k = 0;
  for (std::int32_t p = 0; p < n_pre; ++p, below += kWidth) {
    vf activation[kVectors];
    for (int v = 0; v < kVectors; ++v) activation[v] = load(below + v * kLanes);
    for (const std::int32_t end = offsets[p + 1]; k < end; ++k) {
      const float* row = above + post[k] * kWidth;
      vf product = activation[0] * load(row);
      for (int v = 1; v < kVectors; ++v) {
        product = multiply_add(activation[v], load(row + v * kLanes), product);
      }
      weight_gradients.push(product);
    }
  }
  weight_gradients.finish();
}

// The gradients of the output biases: the sums of the output error signals.
template <int kVectors>
void sum_rows(std::int32_t n, const float* rows, float* sums, bool adds) {
  GradientWriter::Pending pending;
  GradientWriter writer(sums, adds, pending);
  for (std::int32_t q = 0; q < n; ++q) {
    vf row[kVectors];
    for (int v = 0; v < kVectors; ++v)
      row[v] = load(rows + (q * std::ptrdiff_t{kVectors} + v) * kLanes);
    writer.push(sum_of(row));
  }
  writer.finish();
}

// The loops for one activation and width, picked once.
struct Sweep {
  // The weights lie in the order of the walk …
  void (*forward_hidden)(const Incoming&, const float*, float*);
  void (*forward_output)(const Incoming&, const float*, float*);
  // … or have places elsewhere.
  void (*placed_hidden)(const Incoming&, const float*, float*);
  void (*placed_output)(const Incoming&, const float*, float*);
  void (*spread_hidden)(const Outgoing&, std::int32_t, const float*, const float*, float*);
  void (*spread_output)(const Outgoing&, std::int32_t, const float*, const float*, float*);
  void (*backward_hidden)(const Outgoing&, const float*, float*, float*, float*, bool);
  void (*backward_first)(const Outgoing&, const float*, const float*, float*, bool);
  void (*sum_output)(std::int32_t, const float*, float*, bool);
};

template <class F, int kVectors>
constexpr Sweep sweep() {
  return {forward_layer<F, kVectors, false>,
          forward_layer<Identity, kVectors, false>,
          forward_layer<F, kVectors, true>,
          forward_layer<Identity, kVectors, true>,
          spread_layer<F, kVectors>,
          spread_layer<Identity, kVectors>,
          backward_layer<F, kVectors>,
          backward_first_layer<kVectors>,
          sum_rows<kVectors>};
}

// By number of vectors in a row, less one.
using Sweeps = std::array<Sweep, kMaxVectors>;

inline Sweeps sweeps(Activation activation) {
  return with_activation(activation, [](auto f) {
    using F = decltype(f);
    return Sweeps{sweep<F, 1>(), sweep<F, 2>(), sweep<F, 3>(), sweep<F, 4>()};
  });
}

}  // namespace ctre::CTRE_ISA
