// One step of an optimizer over a range of parameters.
#pragma once

#include <cmath>

#include "call.hpp"
#include "simd.hpp"

namespace ctre::CTRE_ISA {

// Parameters and their memory, all in cache lines; `l2` belongs to the range.
struct ParameterRange {
  float* values;
  float* slots[kMaxSlots];
  std::size_t n;  // whole vectors
  float l2;
};

inline ParameterRange part_of(const ParameterRange& range, std::size_t begin, std::size_t end) {
  const auto at = [&](float* data) { return data ? data + begin : nullptr; };
  return {at(range.values), {at(range.slots[0]), at(range.slots[1])}, end - begin, range.l2};
}

// Where a range finds its gradient: the sum of that of every group, in order.
struct GroupedGradient {
  const float* groups;
  std::size_t stride;
  std::int64_t n_groups;

  vf operator()(std::size_t i) const {
    vf sum = load(groups + i);
    for (std::int64_t group = 1; group < n_groups; ++group)
      sum += load(groups + group * stride + i);
    return sum;
  }
};

// Parameters on which the loss does not depend.
struct NoGradient {
  vf operator()(std::size_t) const { return vf{}; }
};

inline float single(double x) { return static_cast<float>(x); }

struct SGDStep {
  SGDStep(const SGD& sgd, std::int64_t)
      : rate(single(sgd.learning_rate)), momentum(single(sgd.momentum)), nesterov(sgd.nesterov) {}

  template <class Gradient>
  void operator()(const ParameterRange& range, std::size_t i, const Gradient& gradient) const {
    const vf value = load(range.values + i);
    const vf g = gradient(i) + range.l2 * value;
    const vf velocity = momentum * load(range.slots[0] + i) + g;
    store(range.slots[0] + i, velocity);
    store(range.values + i, value - rate * (nesterov ? g + momentum * velocity : velocity));
  }

  float rate, momentum;
  bool nesterov;
};

inline vf sqrt(vf x) {
  vf root;
  for (int i = 0; i < kLanes; ++i) root[i] = __builtin_sqrtf(x[i]);
  return root;
}

struct AdamStep {
  AdamStep(const Adam& adam, std::int64_t n_batches_done)
      : gain_1(single(1 - adam.beta_1)),
        gain_2(single(1 - adam.beta_2)),
        floor(single(adam.floor)) {
    const auto n = static_cast<double>(adam.n_steps_done + n_batches_done + 1);
    rate = single(adam.learning_rate / (1 - std::pow(adam.beta_1, n)));
    correction = single(1 / (1 - std::pow(adam.beta_2, n)));
  }

  template <class Gradient>
  void operator()(const ParameterRange& range, std::size_t i, const Gradient& gradient) const {
    const vf value = load(range.values + i);
    const vf g = gradient(i) + range.l2 * value;
    vf first = load(range.slots[0] + i), second = load(range.slots[1] + i);
    first += gain_1 * (g - first);
    second += gain_2 * (g * g - second);
    store(range.slots[0] + i, first);
    store(range.slots[1] + i, second);
    store(range.values + i, value - rate * first / (sqrt(correction * second) + floor));
  }

  float gain_1, gain_2, floor, rate, correction;
};

inline SGDStep step_of(const SGD& sgd, std::int64_t n_batches_done) {
  return {sgd, n_batches_done};
}
inline AdamStep step_of(const Adam& adam, std::int64_t n_batches_done) {
  return {adam, n_batches_done};
}

template <class Step, class Gradient>
inline void take_step(const Step& step, const ParameterRange& range, const Gradient& gradient) {
  for (std::size_t i = 0; i < range.n; i += kLanes) step(range, i, gradient);
}

}  // namespace ctre::CTRE_ISA
