// Scores of many rows, and the activations on the way if they are wanted: tiles forward only.
#include <optional>

#include "denormals.hpp"
#include "kernel_table.hpp"
#include "memory.hpp"
#include "plan.hpp"
#include "rows.hpp"
#include "threads.hpp"

namespace ctre::CTRE_ISA {
namespace {

constexpr std::int64_t kFewRows = 1000;      // fewer do not repay a plan
constexpr std::int64_t kTilesPerThread = 2;  // fewer do not repay a thread

// A network as the forward loops walk it.
struct Walk {
  InputRows input_rows;
  std::vector<Incoming> layers;
  std::vector<Floats> memory;  // that `layers` refers to
};

// The caller's own arrays.
Walk walk_all(const std::vector<LayerView>& views) {
  Walk walk{InputRows(views.front().n_pre), {}, {}};
  for (const auto& view : views)
    walk.layers.push_back({view.n_post, view.indptr, view.indices, view.weights, view.biases});
  return walk;
}

// Live neurons only.
Walk walk_live(const std::vector<LayerView>& views, const Plan& plan) {
  Walk walk{InputRows(plan.input_row, plan.layers.front().n_pre), {}, {}};
  for (std::size_t l = 0; l < views.size(); ++l) {
    const LayerPlan& layer = plan.layers[l];
    Floats weights(layer.pre.size()), biases(layer.neurons.size());
    for (std::size_t k = 0; k < layer.pre.size(); ++k) {
      weights.data()[k] = views[l].weights[layer.connections[layer.backward_place[k]]];
    }
    for (std::size_t q = 0; q < layer.neurons.size(); ++q)
      biases.data()[q] = views[l].biases[layer.neurons[q]];
    walk.layers.push_back(
        {layer.n_post, layer.in_offsets.data(), layer.pre.data(), weights.data(), biases.data()});
    walk.memory.push_back(std::move(weights));
    walk.memory.push_back(std::move(biases));
  }
  return walk;
}

class TileForward {
 public:
  TileForward(const ForwardCall& call, const Walk& walk)
      : call_(call), walk_(walk), sweeps_(sweeps(call.activation)) {
    std::size_t n_rows = 0;
    for (const auto& layer : walk.layers) n_rows += static_cast<std::size_t>(layer.n_post);
    const std::int64_t widest =
        std::min<std::int64_t>(kMaxWidth, (call.samples.n_rows + kLanes - 1) / kLanes * kLanes);
    inputs_ = Floats(walk.input_rows.n_tile_rows() * static_cast<std::size_t>(widest));
    rows_ = Floats(n_rows * static_cast<std::size_t>(widest));
  }

  // Rows [begin, end) of the samples, at most kMaxWidth.
  void run(std::int64_t begin, std::int64_t end) {
    const int n = static_cast<int>(end - begin);
    const int n_vectors = (n + kLanes - 1) / kLanes, width = n_vectors * kLanes;
    std::int64_t numbers[kMaxWidth];
    for (int s = 0; s < width; ++s) numbers[s] = s < n ? begin + s : begin;

    const float* below = inputs_.data();
    if (call_.samples.dense) {
      walk_.input_rows.copy_dense(call_.samples, numbers, width, inputs_.data());
    } else {
      walk_.input_rows.add_sparse(call_.samples, numbers, n, width, inputs_.data());
    }
    const Sweep& sweep = sweeps_[static_cast<std::size_t>(n_vectors - 1)];
    float* above = rows_.data();
    for (std::size_t l = 0; l < walk_.layers.size(); ++l) {
      const bool is_output = l + 1 == walk_.layers.size();
      (is_output ? sweep.forward_output : sweep.forward_hidden)(walk_.layers[l], below, above);
      if (!is_output && !call_.hidden.empty()) {
        const std::int32_t n_post = walk_.layers[l].n_post;
        copy_out(above, n_post, width, n, call_.hidden[l] + begin * n_post);
      }
      below = above;
      above += static_cast<std::size_t>(walk_.layers[l].n_post) * static_cast<std::size_t>(width);
    }
    const std::int32_t n_out = walk_.layers.back().n_post;
    copy_out(below, n_out, width, n, call_.out + begin * n_out);
    if (!call_.samples.dense)
      walk_.input_rows.clear_sparse(call_.samples, numbers, n, width, inputs_.data());
  }

 private:
  const ForwardCall& call_;
  const Walk& walk_;
  const Sweeps sweeps_;
  Floats inputs_, rows_;  // the tile; sparse inputs are all zero between two runs
};

}  // namespace

void forward(const ForwardCall& call) {
  const std::int64_t n_rows = call.samples.n_rows;
  std::optional<Plan> plan;
  if (n_rows > kFewRows && call.hidden.empty()) plan.emplace(call.layers);
  const Walk walk = plan ? walk_live(call.layers, *plan) : walk_all(call.layers);

  const std::int64_t n_tiles = (n_rows + kMaxWidth - 1) / kMaxWidth;
  const int n_threads =
      static_cast<int>(std::clamp<std::int64_t>(n_tiles / kTilesPerThread, 1, call.n_threads));
  std::vector<TileForward> tiles;
  for (int thread = 0; thread < n_threads; ++thread) tiles.emplace_back(call, walk);
  run_team(n_threads, [&](int thread) {
    const DenormalsAreZero mode;
    const Share share = share_of(n_tiles, thread, n_threads);
    for (std::int64_t tile = share.begin; tile < share.end; ++tile) {
      tiles[static_cast<std::size_t>(thread)].run(tile * kMaxWidth,
                                                  std::min((tile + 1) * kMaxWidth, n_rows));
    }
  });
}

}  // namespace ctre::CTRE_ISA
