// The kernels at small fixed work with one thread, for benchmarks/instructions.py to count.
//
// Work is prepared outside `counted` and done inside it, where callgrind collects. Prints the
// compiler, then the name of each piece of work once it is done.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>
#include <random>
#include <vector>

#include "best_absent_pairs.hpp"
#include "call.hpp"
#include "kernel_table.hpp"
#include "layer_call.hpp"

// By this name callgrind knows when to begin, and when to write down what it has.
extern "C" __attribute__((noinline)) void counted(const std::function<void()>& work) { work(); }

namespace ctre {
namespace {

#ifdef __clang__
constexpr const char* kCompiler = "Clang " __clang_version__;
#else
constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

void count(const char* name, const std::function<void()>& work) {
  counted(work);
  std::puts(name);
}

// Unlike the distributions of the standard library, the same numbers with every one.
class Random {
 public:
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(n));
  }
  float uniform() { return static_cast<float>(below(1 << 24)) / (1 << 24); }  // in [0, 1)

  std::vector<float> uniforms(std::int64_t n) {
    std::vector<float> values(static_cast<std::size_t>(n));
    for (float& value : values) value = uniform();
    return values;
  }

  // `count` of `n` places, ascending.
  std::vector<std::int64_t> places(std::int64_t n, std::int64_t count) {
    std::vector<std::int64_t> places(static_cast<std::size_t>(n));
    std::iota(places.begin(), places.end(), 0);
    for (std::int64_t i = 0; i < count; ++i) std::swap(places[i], places[i + below(n - i)]);
    places.resize(static_cast<std::size_t>(count));
    std::sort(places.begin(), places.end());
    return places;
  }

 private:
  std::mt19937_64 engine_;
};

// Random places of a matrix (n_major, n_minor): CSR rows or CSC columns.
template <class Offset>
struct Places {
  Places(Random& random, std::int64_t n_major, std::int64_t n_minor, std::int64_t count)
      : indptr(static_cast<std::size_t>(n_major) + 1) {
    for (const std::int64_t place : random.places(n_major * n_minor, count)) {
      ++indptr[static_cast<std::size_t>(place / n_minor) + 1];
      indices.push_back(static_cast<std::int32_t>(place % n_minor));
    }
    for (std::size_t i = 1; i < indptr.size(); ++i) indptr[i] += indptr[i - 1];
  }
  std::vector<Offset> indptr;
  std::vector<std::int32_t> indices;
};

struct Layer {
  Layer(Random& random, std::int32_t n_pre, std::int32_t n_post, std::int64_t n_connections)
      : n_pre(n_pre),
        n_post(n_post),
        places(random, n_post, n_pre, n_connections),
        weights(random.uniforms(n_connections)),
        biases(static_cast<std::size_t>(n_post)) {
    const float limit =
        std::sqrt(6.0f * static_cast<float>(n_post) / static_cast<float>(n_connections));
    for (float& weight : weights) weight = limit * (2 * weight - 1);
    for (auto& slot : weight_slots) slot.resize(weights.size());
    for (auto& slot : bias_slots) slot.resize(biases.size());
  }
  LayerView view() {
    return {n_pre,
            n_post,
            places.indptr.data(),
            places.indices.data(),
            weights.data(),
            biases.data(),
            {weight_slots[0].data(), weight_slots[1].data()},
            {bias_slots[0].data(), bias_slots[1].data()}};
  }

  std::int32_t n_pre, n_post;
  Places<std::int32_t> places;
  std::vector<float> weights, biases, weight_slots[kMaxSlots], bias_slots[kMaxSlots];
};

using Sizes = std::vector<std::int32_t>;

struct Network {
  // `n_connections` of (n_pre, n_post).
  template <class Count>
  Network(Random& random, const Sizes& sizes, Count n_connections) {
    for (std::size_t l = 1; l < sizes.size(); ++l) {
      layers.emplace_back(random, sizes[l - 1], sizes[l], n_connections(sizes[l - 1], sizes[l]));
    }
  }
  std::vector<LayerView> views() {
    std::vector<LayerView> views;
    for (auto& layer : layers) views.push_back(layer.view());
    return views;
  }
  std::vector<Layer> layers;
};

auto erdos_renyi(std::int64_t epsilon) {
  return [epsilon](std::int64_t n_pre, std::int64_t n_post) {
    return std::min(epsilon * (n_pre + n_post), n_pre * n_post);
  };
}
auto density(std::int64_t percent) {
  return
      [percent](std::int64_t n_pre, std::int64_t n_post) { return n_pre * n_post * percent / 100; };
}

struct DenseRows {
  DenseRows(Random& random, std::int64_t n_rows, std::int32_t n_features)
      : values(random.uniforms(n_rows * n_features)), view{n_rows, n_features, values.data()} {}
  std::vector<float> values;
  SamplesView view;
};

struct SparseRows {
  SparseRows(Random& random, std::int64_t n_rows, std::int32_t n_features, std::int64_t n_values)
      : places(random, n_rows, n_features, n_values),
        values(random.uniforms(n_values)),
        view{n_rows,       n_features, nullptr, places.indptr.data(), places.indices.data(),
             values.data()} {}
  Places<std::int64_t> places;
  std::vector<float> values;
  SamplesView view;
};

constexpr SGD kSGD{0.01, 0.9, 1e-4, true};
constexpr Adam kAdam{0.001, 0.9, 0.999, 1e-8, 1e-4, 0};

// Every row once; shuffled, as training does.
void count_epoch(const char* name, Random& random, Network& network, const SamplesView& samples,
                 const Optimizer& optimizer = kSGD, Activation activation = Activation::relu,
                 std::int64_t batch_size = 100) {
  TrainCall call{};
  call.layers = network.views();
  call.samples = samples;
  std::vector<std::int32_t> order, labels;
  for (std::int64_t row = 0; row < samples.n_rows; ++row) {
    order.push_back(static_cast<std::int32_t>(row));
    std::swap(order.back(), order[static_cast<std::size_t>(random.below(row + 1))]);
    labels.push_back(static_cast<std::int32_t>(random.below(call.layers.back().n_post)));
  }
  call.labels = labels.data();
  call.order = order.data();
  call.n_trained = samples.n_rows;
  call.batch_size = batch_size;
  call.activation = activation;
  call.loss = Loss::softmax_cross_entropy;
  call.optimizer = optimizer;
  call.n_threads = 1;
  call.keep_going = [](std::int64_t) { return true; };
  count(name, [&] { avx2::train_epoch(call); });
}

void count_forward(const char* name, const std::vector<LayerView>& layers,
                   const SamplesView& samples, bool keeps_hidden = false, int n_times = 1) {
  std::vector<std::vector<float>> answers;
  for (const LayerView& layer : layers) {
    answers.emplace_back(static_cast<std::size_t>(samples.n_rows * layer.n_post));
  }
  ForwardCall call{layers, samples, Activation::relu, 1, {}, answers.back().data()};
  for (std::size_t l = 0; keeps_hidden && l + 1 < layers.size(); ++l) {
    call.hidden.push_back(answers[l].data());
  }
  count(name, [&] {
    for (int i = 0; i < n_times; ++i) avx2::forward(call);
  });
}

// The most similar pairs of a layer, a fifth of its connections; activations of so many samples.
void count_search(const char* name, Random& random, Layer& layer, std::int64_t n_samples,
                  const SparseRows* columns = nullptr, bool centered = false) {
  const std::vector<float> pre = random.uniforms(columns ? 0 : n_samples * layer.n_pre);
  const std::vector<float> post = random.uniforms(n_samples * layer.n_post);
  AbsentPairQuery query{};
  query.n_samples = n_samples;
  query.n_pre = layer.n_pre;
  query.n_post = layer.n_post;
  if (columns) {
    query.pre_indptr = columns->places.indptr.data();
    query.pre_indices = columns->places.indices.data();
    query.pre_values = columns->values.data();
  } else {
    query.pre = pre.data();
  }
  query.post = post.data();
  query.absolute = query.normalized_pre = query.normalized_post = true;
  query.centered = centered;
  query.indptr = layer.places.indptr.data();
  query.indices = layer.places.indices.data();
  query.count = static_cast<std::int64_t>(layer.weights.size()) / 5;
  query.n_threads = 1;
  std::vector<std::int64_t> keys(static_cast<std::size_t>(query.count));
  count(name, [&] { avx2::best_absent_pairs(query, keys.data()); });
}

// One layer forward, and then backward to all of its gradients.
void count_layer(const char* forward, const char* backward, Random& random, Layer& layer,
                 std::int64_t n_rows) {
  const std::vector<float> samples = random.uniforms(n_rows * layer.n_pre);
  std::vector<float> sums(static_cast<std::size_t>(n_rows * layer.n_post));
  const LayerForwardCall forward_call{layer.view(), samples.data(), n_rows, 1, sums.data()};
  count(forward, [&] { avx2::layer_forward(forward_call); });
  std::vector<float> by_samples(samples.size()), by_weights(layer.weights.size()),
      by_biases(layer.biases.size());
  const LayerBackwardCall backward_call{
      layer.view(),      samples.data(),    sums.data(),     n_rows, 1,
      by_samples.data(), by_weights.data(), by_biases.data()};
  count(backward, [&] { avx2::layer_backward(backward_call); });
}

void count_all() {
  Random random;
  const Sizes deep{784, 1000, 1000, 1000, 10}, wide{10000, 300, 300, 5};
  Network thin(random, deep, erdos_renyi(1)), thick(random, deep, erdos_renyi(13));
  Network half(random, {784, 300, 10}, density(50)), on_words(random, wide, erdos_renyi(5));
  const DenseRows one(random, 1, 784), some(random, 200, 784), many(random, 2000, 784);
  const SparseRows words(random, 200, 10000, 20000);

  count_epoch("train, epsilon 1", random, thin, some.view);
  count_epoch("train, epsilon 1, tanh, Adam", random, thin, some.view, kAdam, Activation::tanh);
  count_epoch("train, epsilon 13", random, thick, some.view);
  count_epoch("train, density 50 %", random, half, some.view);
  count_epoch("train, sparse input", random, on_words, words.view);
  count_epoch("train one row, epsilon 13", random, thick, one.view);

  count_forward("predict one row, 20 times", thin.views(), one.view, false, 20);
  count_forward("predict 2000 rows", thin.views(), many.view);
  count_forward("activations of 200 rows", thick.views(), some.view, true);

  const SparseRows columns(random, 10000, 100, 10000);
  count_search("most similar pairs", random, thin.layers[0], 512);
  count_search("most similar pairs, few samples", random, thin.layers[0], 100);
  count_search("most similar pairs, sparse input", random, on_words.layers[0], 100, &columns);
  count_epoch("train, epsilon 1, batches of 16", random, thin, some.view, kSGD, Activation::relu,
              16);
  count_epoch("train, epsilon 1, batches of 32", random, thin, some.view, kSGD, Activation::relu,
              32);
  count_search("most correlated pairs", random, thin.layers[0], 512, nullptr, true);
  count_search("most correlated pairs, sparse input", random, on_words.layers[0], 100, &columns,
               true);
  count_layer("one layer forward", "one layer backward", random, thick.layers[0], 200);
}

}  // namespace
}  // namespace ctre

int main() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    std::fputs("The counts are of the AVX2 kernels, and this processor has no AVX2.\n", stderr);
    return 2;
  }
  std::puts(ctre::kCompiler);
  ctre::count_all();
}
