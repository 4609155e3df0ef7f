// One layer backward: tiles of the batch, shared out among threads, gradients summed in a fixed
// order.
#include "denormals.hpp"
#include "kernel_table.hpp"
#include "layer_call.hpp"
#include "layer_tiles.hpp"
#include "outgoing_order.hpp"

namespace ctre::CTRE_ISA {
namespace {

constexpr std::int64_t kMostGroups = 16;  // of tiles whose gradients are added up in one place

std::size_t whole_vectors(std::int32_t n) {
  return static_cast<std::size_t>((n + kLanes - 1) / kLanes * kLanes);
}

class LayerBackward {
 public:
  explicit LayerBackward(const LayerBackwardCall& call)
      : call_(call),
        layer_(call.layer),
        order_(call.layer),
        sample_rows_(layer_.n_pre),
        error_rows_(layer_.n_post),
        tiling_(call.n_rows, widest_row(layer_.n_post), kMostGroups),
        weight_stride_(call.weight_gradient ? whole_vectors(layer_.n_connections()) : 0),
        bias_stride_(call.bias_gradient ? whole_vectors(layer_.n_post) : 0),
        weight_gradients_(groups() * weight_stride_, Fill::nothing),
        bias_gradients_(groups() * bias_stride_, Fill::nothing),
        zeros_(call.sample_gradient ? static_cast<std::size_t>(layer_.n_pre) : 0) {
    const double n_products = (call.weight_gradient ? 1 : 0) + (call.sample_gradient ? 1 : 0);
    const double n_operations =
        static_cast<double>(call.n_rows) *
        (n_products * layer_.n_connections() + layer_.n_pre + layer_.n_post);
    n_threads_ =
        static_cast<int>(std::clamp<std::int64_t>(threads_worth(n_operations, call.n_threads), 1,
                                                  std::max<std::int64_t>(1, tiling_.n_groups)));
    for (int thread = 0; thread < n_threads_; ++thread) {
      memory_.push_back(
          {Floats(sample_rows_.n_tile_rows() * kMaxWidth, Fill::nothing),
           Floats(error_rows_.n_tile_rows() * kMaxWidth, Fill::nothing),
           Floats(call.sample_gradient && call.weight_gradient ? whole_vectors(layer_.n_pre) : 0)});
    }
  }

  void run() {
    run_team(n_threads_, [this](int thread, Team& team) { work(thread, team); });
  }

 private:
  struct Memory {
    Floats below, above;
    Floats unused;  // sums that the loop also makes: the gradients of biases before the layer
  };

  void work(int thread, Team& team) {
    const DenormalsAreZero mode;
    const Share groups = share_of(tiling_.n_groups, thread, team.size);
    for (std::int64_t group = groups.begin; group < groups.end; ++group) {
      const Share tiles = tiling_.group(group);
      for (std::int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
        run_tile(TileRows(tiling_, tile), group, tile > tiles.begin,
                 memory_[static_cast<std::size_t>(thread)]);
      }
    }
    team.barrier.wait();
    add_up(thread, team.size);
  }

  void run_tile(const TileRows& rows, std::int64_t group, bool adds, Memory& memory) {
    const auto at = static_cast<std::size_t>(group);
    float* weight_gradient = weight_gradients_.data() + at * weight_stride_;
    float* below = memory.below.data();
    const float* above = errors_of(rows, memory);
    const Outgoing outgoing{layer_.n_pre, order_.offsets.data(), order_.post.data(),
                            order_.weights.data()};
    const Sweep& sweep = rows.sweep();
    if (call_.bias_gradient)
      sweep.sum_output(layer_.n_post, above, bias_gradients_.data() + at * bias_stride_, adds);
    if (call_.weight_gradient) {
      const SamplesView samples{call_.n_rows, layer_.n_pre, call_.samples};
      sample_rows_.copy_dense(samples, rows.numbers, rows.width, below);
      if (!call_.sample_gradient) {
        sweep.backward_first(outgoing, above, below, weight_gradient, adds);
        return;
      }
      sweep.backward_hidden(outgoing, above, below, weight_gradient, memory.unused.data(), adds);
    } else if (call_.sample_gradient) {
      sweep.forward_output(
          {layer_.n_pre, outgoing.offsets, outgoing.post, outgoing.weights, zeros_.data()}, above,
          below);
    }
    if (call_.sample_gradient) {
      copy_out(below, layer_.n_pre, rows.width, rows.n,
               call_.sample_gradient + rows.begin * layer_.n_pre);
    }
  }

  // Places behind the last sample hold zeros, so that they count in no sum.
  const float* errors_of(const TileRows& rows, Memory& memory) const {
    float* above = memory.above.data();
    const SamplesView errors{call_.n_rows, layer_.n_post, call_.error};
    error_rows_.copy_dense(errors, rows.numbers, rows.width, above);
    for (std::int32_t q = 0; rows.n < rows.width && q < layer_.n_post; ++q) {
      float* row = above + q * std::ptrdiff_t{rows.width};
      std::fill(row + rows.n, row + rows.width, 0.0f);
    }
    return above;
  }

  void add_up(int thread, int n_threads) {
    if (call_.weight_gradient) {
      const Share share = share_of(layer_.n_connections(), thread, n_threads);
      for (std::int64_t k = share.begin; k < share.end; ++k) {
        call_.weight_gradient[order_.connections.data()[k]] =
            total(weight_gradients_.data() + k, weight_stride_);
      }
    }
    if (call_.bias_gradient) {
      const Share share = share_of(layer_.n_post, thread, n_threads);
      for (std::int64_t q = share.begin; q < share.end; ++q)
        call_.bias_gradient[q] = total(bias_gradients_.data() + q, bias_stride_);
    }
  }

  float total(const float* first, std::size_t stride) const {
    float sum = 0;
    for (std::size_t group = 0; group < groups(); ++group) sum += first[group * stride];
    return sum;
  }
  std::size_t groups() const { return static_cast<std::size_t>(tiling_.n_groups); }

  const LayerBackwardCall& call_;
  const LayerView& layer_;
  const OutgoingOrder order_;
  const InputRows sample_rows_, error_rows_;
  const Tiling tiling_;
  const std::size_t weight_stride_, bias_stride_;
  Floats weight_gradients_, bias_gradients_;  // of each group, connections in outgoing order
  const Floats zeros_;
  int n_threads_;
  std::vector<Memory> memory_;  // of each thread
};

}  // namespace

void layer_backward(const LayerBackwardCall& call) { LayerBackward(call).run(); }

}  // namespace ctre::CTRE_ISA
