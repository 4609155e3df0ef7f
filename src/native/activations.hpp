// What a neuron makes of its input sum, and the slope of that, told from its value.
#pragma once

#include "call.hpp"
#include "elementary.hpp"

namespace ctre::CTRE_ISA {

struct Relu {
  static vf value(vf z) { return at_least(z, 0.0f); }
  static vf slope(vf a) { return a > 0.0f ? splat(1.0f) : vf{}; }
};

struct LeakyRelu {
  static vf value(vf z) { return z < 0.0f ? kLeak * z : z; }
  static vf slope(vf a) { return a > 0.0f ? splat(1.0f) : splat(kLeak); }
};

struct Tanh {
  static vf value(vf z) { return tanh(z); }
  static vf slope(vf a) { return 1.0f - a * a; }
};

struct Logistic {
  static vf value(vf z) { return logistic(z); }
  static vf slope(vf a) { return a * (1.0f - a); }
};

struct Identity {
  static vf value(vf z) { return z; }
  static vf slope(vf) { return splat(1.0f); }
};

// Calls f with the type that stands for the activation.
template <class Function>
auto with_activation(Activation activation, Function&& f) {
  switch (activation) {
    case Activation::relu: return f(Relu{});
    case Activation::leaky_relu: return f(LeakyRelu{});
    case Activation::tanh: return f(Tanh{});
    case Activation::logistic: return f(Logistic{});
    default: return f(Identity{});
  }
}

}  // namespace ctre::CTRE_ISA
