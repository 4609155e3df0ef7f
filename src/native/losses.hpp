// The loss of a tile of output scores, which it turns into error signals in place.
#pragma once

#include <cmath>

#include "call.hpp"
#include "sweep.hpp"

namespace ctre::CTRE_ISA {

// The samples of a tile; those that fill up its width have weight zero.
struct TileSamples {
  int n, width;  // n of width are samples
  alignas(64) float weight[kMaxWidth];
  alignas(64) float share[kMaxWidth];  // of a full batch: weight / sum of weights * fullness
  std::int64_t row[kMaxWidth];
  std::int64_t first_place;  // of the first sample, in the epoch's order
};

struct TileLoss {
  double sum = 0;  // weighted
  std::int64_t n_correct = 0;
};

inline TileLoss softmax_cross_entropy(float* tile, std::int32_t n_out, const TileSamples& samples,
                                      const std::int32_t* labels) {
  const std::ptrdiff_t width = samples.width;
  alignas(64) float top[kMaxWidth], total[kMaxWidth], wanted[kMaxWidth];
  TileLoss loss;
  for (std::ptrdiff_t s = 0; s < width; s += kLanes) {
    float* const scores = tile + s;
    vf highest = load(scores);
    vi winner{};
    for (std::int32_t q = 1; q < n_out; ++q) {
      const vf score = load(scores + q * width);
      winner = score > highest ? vi{} + q : winner;
      highest = score > highest ? score : highest;
    }
    store(top + s, highest);
    for (int i = 0; i < kLanes && s + i < samples.n; ++i) {
      const std::int32_t label = labels[samples.row[s + i]];
      wanted[s + i] = scores[label * width + i];
      loss.n_correct += winner[i] == label;
    }
    vf sum{};
    for (std::int32_t q = 0; q < n_out; ++q) {
      const vf power = exp(load(scores + q * width) - highest);
      store(scores + q * width, power);
      sum += power;
    }
    store(total + s, sum);
    const vf scale = load(samples.share + s) / sum;
    for (std::int32_t q = 0; q < n_out; ++q)
      store(scores + q * width, scale * load(scores + q * width));
  }
  for (int s = 0; s < samples.n; ++s) {
    loss.sum += samples.weight[s] * (std::log(static_cast<double>(total[s])) + top[s] - wanted[s]);
    tile[labels[samples.row[s]] * width + s] -= samples.share[s];
  }
  return loss;
}

// For losses that add up over outputs: evaluate(score, target, error) returns the loss.
template <class Evaluate>
TileLoss sum_over_outputs(float* tile, std::int32_t n_out, const TileSamples& samples,
                          const float* targets, Evaluate evaluate) {
  const std::ptrdiff_t width = samples.width;
  alignas(64) float losses[kMaxWidth] = {};
  alignas(64) float wanted[kMaxWidth];
  for (std::int32_t q = 0; q < n_out; ++q) {
    for (int s = 0; s < width; ++s) wanted[s] = targets[samples.row[s] * n_out + q];
    for (std::ptrdiff_t s = 0; s < width; s += kLanes) {
      float* const scores = tile + q * width + s;
      vf error;
      store(losses + s, load(losses + s) + evaluate(load(scores), load(wanted + s), error));
      store(scores, load(samples.share + s) * error);
    }
  }
  TileLoss loss;
  for (int s = 0; s < samples.n; ++s)
    loss.sum += static_cast<double>(samples.weight[s]) * losses[s];
  return loss;
}

inline TileLoss evaluate_loss(Loss loss, float* tile, std::int32_t n_out,
                              const TileSamples& samples, const std::int32_t* labels,
                              const float* targets) {
  switch (loss) {
    case Loss::softmax_cross_entropy:
      return softmax_cross_entropy(tile, n_out, samples, labels);
    case Loss::logistic:
      return sum_over_outputs(tile, n_out, samples, targets, [](vf score, vf target, vf& error) {
        error = logistic(score) - target;
        const vf magnitude = score < 0.0f ? -score : score;
        return at_least(score, 0.0f) - score * target + log1p(exp(-magnitude));
      });
    default:
      return sum_over_outputs(tile, n_out, samples, targets, [](vf score, vf target, vf& error) {
        error = score - target;
        return 0.5f * error * error;
      });
  }
}

}  // namespace ctre::CTRE_ISA
