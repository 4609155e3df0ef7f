#include "plan.hpp"

#include <algorithm>
#include <numeric>

namespace ctre {
namespace {

using Numbers = std::vector<std::int32_t>;

constexpr std::int32_t kNotLive = -1;

// Sorts stably by a small number: the degree, above which order no longer matters.
void sort_by_degree(Numbers& neurons, const Numbers& degree) {
  constexpr std::int32_t kBuckets = 256;
  const auto bucket = [&](std::int32_t neuron) { return std::min(degree[neuron], kBuckets - 1); };
  std::int32_t begin[kBuckets + 1] = {};
  for (const auto neuron : neurons) ++begin[bucket(neuron) + 1];
  std::partial_sum(begin, begin + kBuckets + 1, begin);
  Numbers sorted(neurons.size());
  for (const auto neuron : neurons) sorted[begin[bucket(neuron)]++] = neuron;
  neurons.swap(sorted);
}

Numbers offsets_of(const Numbers& neurons, const Numbers& degree) {
  Numbers offsets(neurons.size() + 1, 0);
  for (std::size_t i = 0; i < neurons.size(); ++i) offsets[i + 1] = offsets[i] + degree[neurons[i]];
  return offsets;
}

Numbers in_degrees(const LayerView& layer) {
  Numbers degrees(layer.n_post);
  for (std::int32_t q = 0; q < layer.n_post; ++q)
    degrees[q] = layer.indptr[q + 1] - layer.indptr[q];
  return degrees;
}

// The new number of every original neuron, or kNotLive.
Numbers numbers_of(const Numbers& neurons, std::int32_t n) {
  Numbers numbers(n, kNotLive);
  for (std::size_t i = 0; i < neurons.size(); ++i)
    numbers[neurons[i]] = static_cast<std::int32_t>(i);
  return numbers;
}

LayerPlan plan_layer(const LayerView& layer, const Numbers& pre_neurons, const Numbers& pre_number,
                     const Numbers& out_degree, const Numbers& post_neurons,
                     const Numbers& post_number, Orders orders) {
  LayerPlan plan;
  plan.n_pre = static_cast<std::int32_t>(pre_neurons.size());
  plan.n_post = static_cast<std::int32_t>(post_neurons.size());
  plan.neurons = post_neurons;
  plan.in_offsets = offsets_of(post_neurons, in_degrees(layer));
  plan.out_offsets = offsets_of(pre_neurons, out_degree);

  const std::size_t n = plan.in_offsets.back();
  const bool goes_forward = orders == Orders::both;
  plan.pre.resize(goes_forward ? n : 0);
  plan.backward_place.resize(goes_forward ? n : 0);
  plan.post.resize(n);
  plan.connections.resize(n);
  Numbers next = plan.out_offsets;
  std::int32_t forward = 0;
  for (std::int32_t q = 0; q < plan.n_post; ++q) {
    const std::int32_t original = post_neurons[q];
    for (std::int32_t k = layer.indptr[original]; k < layer.indptr[original + 1]; ++k, ++forward) {
      const std::int32_t p = pre_number[layer.indices[k]];
      const std::int32_t backward = next[p]++;
      plan.post[backward] = q;
      plan.connections[backward] = k;
      if (!goes_forward) continue;
      plan.pre[forward] = p;
      plan.backward_place[forward] = backward;
    }
  }

  for (std::int32_t q = 0; q < layer.n_post; ++q) {
    if (post_number[q] != kNotLive) continue;
    plan.idle_neurons.push_back(q);
    for (std::int32_t k = layer.indptr[q]; k < layer.indptr[q + 1]; ++k)
      plan.idle_connections.push_back(k);
  }
  return plan;
}

}  // namespace

Plan::Plan(const std::vector<LayerView>& views, Orders orders) : layers(views.size()) {
  Numbers post_neurons(views.back().n_post);
  std::iota(post_neurons.begin(), post_neurons.end(), 0);
  Numbers post_number = post_neurons;  // the outputs keep their order, which labels refer to

  for (std::size_t l = views.size(); l-- > 0;) {
    const LayerView& view = views[l];
    Numbers out_degree(view.n_pre, 0);
    for (const auto q : post_neurons) {
      for (std::int32_t k = view.indptr[q]; k < view.indptr[q + 1]; ++k)
        ++out_degree[view.indices[k]];
    }
    Numbers pre_neurons;
    for (std::int32_t p = 0; p < view.n_pre; ++p) {
      if (out_degree[p] > 0) pre_neurons.push_back(p);
    }
    sort_by_degree(pre_neurons, out_degree);
    if (l > 0) sort_by_degree(pre_neurons, in_degrees(views[l - 1]));
    Numbers pre_number = numbers_of(pre_neurons, view.n_pre);
    layers[l] =
        plan_layer(view, pre_neurons, pre_number, out_degree, post_neurons, post_number, orders);
    post_neurons = std::move(pre_neurons);
    post_number = std::move(pre_number);
  }
  input_row = std::move(post_number);
}

}  // namespace ctre
