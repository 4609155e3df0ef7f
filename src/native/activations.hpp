// What a neuron makes of its input sum z, and how it passes an error back: times the slope, which
// its value a tells.
#pragma once

#include "call.hpp"
#include "elementary.hpp"

namespace ctre::CTRE_ISA {

struct Relu {
  static vf value(vf z) { return at_least(z, 0.0f); }
  static vf back(vf error, vf a) { return a > 0.0f ? error : vf{}; }
};

struct LeakyRelu {
  static vf value(vf z) { return z < 0.0f ? kLeak * z : z; }
  static vf back(vf error, vf a) { return a > 0.0f ? error : kLeak * error; }
};

struct Tanh {
  static vf value(vf z) { return tanh(z); }
  static vf back(vf error, vf a) { return error * (1.0f - a * a); }
};

struct Logistic {
  static vf value(vf z) { return logistic(z); }
  static vf back(vf error, vf a) { return error * (a * (1.0f - a)); }
};

struct Identity {
  static vf value(vf z) { return z; }
  static vf back(vf error, vf) { return error; }
};

// Calls f with the type that stands for the activation.
template <class Function>
auto with_activation(Activation activation, Function&& f) {
  switch (activation) {
    case Activation::relu:
      return f(Relu{});
    case Activation::leaky_relu:
      return f(LeakyRelu{});
    case Activation::tanh:
      return f(Tanh{});
    case Activation::logistic:
      return f(Logistic{});
    default:
      return f(Identity{});
  }
}

}  // namespace ctre::CTRE_ISA
