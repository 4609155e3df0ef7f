// An epoch: batches cut into tiles, tiles shared out among threads, gradients summed in a fixed
// order, one step of the optimizer after the other.
#include "denormals.hpp"
#include "kernel_table.hpp"
#include "optimizers.hpp"
#include "tile_pass.hpp"
#include "tiling.hpp"

namespace ctre::CTRE_ISA {
namespace {

int slots_of(const Optimizer& optimizer) {
  return std::visit([](const auto& kind) { return kind.kSlots; }, optimizer);
}
double l2_of(const Optimizer& optimizer) {
  return std::visit([](const auto& kind) { return kind.l2; }, optimizer);
}

// Bringing weights into forward order costs more than using them there once, and, where they are
// many, even more than a batch that fills one vector costs in the order of going backward.
ForwardOrder forward_order_of(const TrainCall& call) {
  if (call.has_many_weights() && call.largest_batch() <= kLanes) return ForwardOrder::backward;
  const bool has_one_tile_each =
      Tiling(call.largest_batch(), kMaxVectors, 1).n_tiles <= call.n_threads;
  return has_one_tile_each ? ForwardOrder::placed : ForwardOrder::copied;
}
Orders orders_for(ForwardOrder order) {
  return order == ForwardOrder::backward ? Orders::backward : Orders::both;
}

class Epoch {
 public:
  explicit Epoch(const TrainCall& call)
      : call_(call),
        plan_(call.layers, orders_for(forward_order_of(call))),
        input_rows_(plan_.input_row, plan_.layers.front().n_pre),
        parameters_(call.layers, plan_.layers, slots_of(call.optimizer)),
        network_{call,
                 plan_,
                 input_rows_,
                 parameters_,
                 sweeps(call.activation),
                 forward_order_of(call)} {
    const auto longest = tiling(call.largest_batch());
    gradients_ = Floats(static_cast<std::size_t>(longest.n_groups) * layout().trained_end);
    tile_losses_.resize(static_cast<std::size_t>(longest.n_tiles));
    const auto n_threads = static_cast<int>(
        std::min<std::int64_t>(call.n_threads, std::max<std::int64_t>(1, longest.n_groups)));
    for (int thread = 0; thread < n_threads; ++thread) passes_.emplace_back(network_);
  }

  EpochTotals run() {
    run_team(static_cast<int>(passes_.size()),
             [this](int thread, Team& team) { work(thread, team); });
    parameters_.write_back();
    return {weight_done_ != 0 ? loss_sum_ / weight_done_ : 0.0, n_correct_};
  }

 private:
  struct Batch {
    const std::int32_t* rows;
    Tiling tiling;
    double weight;
  };

  // What one thread of the team does. Between the two barriers the gradients are complete and
  // every thread steps its share of the parameters; thread 0 also keeps the books.
  void work(int thread, Team& team) {
    for (std::int64_t begin = 0; begin < call_.n_trained && keeps_going_;
         begin += call_.batch_size) {
      const std::int64_t end = std::min(begin + call_.batch_size, call_.n_trained);
      const Batch batch = batch_of(begin, end);
      add_up_gradients(batch, passes_[static_cast<std::size_t>(thread)],
                       share_of(batch.tiling.n_groups, thread, team.size));
      team.barrier.wait();
      take_trained_step(batch, begin / call_.batch_size, thread, team.size);
      if (thread == 0) finish(batch, end);
      team.barrier.wait();
    }
    take_idle_steps(thread, team.size);
  }

  Batch batch_of(std::int64_t begin, std::int64_t end) const {
    const std::int32_t* rows = call_.order + begin;
    double weight = static_cast<double>(end - begin);
    if (call_.sample_weight) {
      weight = 0;
      for (std::int64_t s = 0; s < end - begin; ++s) weight += call_.sample_weight[rows[s]];
    }
    return {rows, tiling(end - begin), weight};
  }

  void add_up_gradients(const Batch& batch, TilePass& pass, Share groups) {
    if (groups.begin == groups.end) return;
    const DenormalsAreZero mode;
    pass.refresh();
    TileSamples samples;
    for (std::int64_t group = groups.begin; group < groups.end; ++group) {
      float* gradient = gradients_.data() + static_cast<std::size_t>(group) * layout().trained_end;
      const Share tiles = batch.tiling.group(group);
      for (std::int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
        list_samples(batch, batch.tiling.tile(tile), samples);
        tile_losses_[static_cast<std::size_t>(tile)] =
            pass.run(samples, gradient, tile > tiles.begin);
      }
    }
  }

  void list_samples(const Batch& batch, Share vectors, TileSamples& samples) const {
    const std::int64_t first = vectors.begin * kLanes;
    samples.width = static_cast<int>(vectors.end - vectors.begin) * kLanes;
    samples.n =
        static_cast<int>(std::min<std::int64_t>(samples.width, batch.tiling.n_samples - first));
    const auto full = static_cast<double>(call_.largest_batch());
    const double fullness = static_cast<double>(batch.tiling.n_samples) / full;
    const double scale = batch.weight != 0 ? fullness / batch.weight : 0.0;
    samples.first_place = batch.rows - call_.order + first;
    for (int s = 0; s < samples.width; ++s) {
      const bool is_sample = s < samples.n;
      samples.row[s] = batch.rows[first + (is_sample ? s : 0)];
      samples.weight[s] = !is_sample            ? 0.0f
                          : call_.sample_weight ? call_.sample_weight[samples.row[s]]
                                                : 1.0f;
      samples.share[s] = static_cast<float>(scale * samples.weight[s]);
    }
  }

  template <class Function>
  void with_step(std::int64_t n_batches_done, Function&& f) const {
    std::visit([&](const auto& optimizer) { f(step_of(optimizer, n_batches_done)); },
               call_.optimizer);
  }

  void take_trained_step(const Batch& batch, std::int64_t n_batches_done, int thread,
                         int n_threads) {
    const DenormalsAreZero mode;
    const auto take = [&](std::size_t begin, std::size_t end, double l2) {
      const ParameterRange range = share_of_parameters(begin, end, l2, thread, n_threads);
      const float* gradient = gradients_.data() + (range.values - parameters_.values.data());
      with_step(n_batches_done, [&](const auto& step) {
        take_step(step, range,
                  GroupedGradient{gradient, layout().trained_end, batch.tiling.n_groups});
      });
    };
    take(0, layout().weights_end, l2_of(call_.optimizer));
    take(layout().weights_end, layout().trained_end, 0);
  }

  // Parameters with no gradient do not interact: all their steps are taken at the end, a few
  // cache lines at a time.
  void take_idle_steps(int thread, int n_threads) {
    const DenormalsAreZero mode;
    const auto take = [&](std::size_t begin, std::size_t end, double l2) {
      const ParameterRange range = share_of_parameters(begin, end, l2, thread, n_threads);
      for (std::size_t i = 0; i < range.n; i += kIdleChunk) {
        const ParameterRange chunk = part_of(range, i, std::min(i + kIdleChunk, range.n));
        for (std::int64_t batch = 0; batch < n_batches_done_; ++batch) {
          with_step(batch, [&](const auto& step) { take_step(step, chunk, NoGradient{}); });
        }
      }
    };
    take(layout().trained_end, layout().idle_weights_end, l2_of(call_.optimizer));
    take(layout().idle_weights_end, layout().size, 0);
  }

  // The part of parameters [begin, end) that is one thread's.
  ParameterRange share_of_parameters(std::size_t begin, std::size_t end, double l2, int thread,
                                     int n_threads) {
    const ParameterRange all{parameters_.values.data(),
                             {parameters_.slots[0].data(), parameters_.slots[1].data()},
                             layout().size,
                             single(l2)};
    const Share lines =
        share_of(static_cast<std::int64_t>((end - begin) / kLineFloats), thread, n_threads);
    return part_of(all, begin + static_cast<std::size_t>(lines.begin) * kLineFloats,
                   begin + static_cast<std::size_t>(lines.end) * kLineFloats);
  }

  void finish(const Batch& batch, std::int64_t n_done) {
    for (std::int64_t tile = 0; tile < batch.tiling.n_tiles; ++tile) {
      loss_sum_ += tile_losses_[static_cast<std::size_t>(tile)].sum;
      n_correct_ += tile_losses_[static_cast<std::size_t>(tile)].n_correct;
    }
    weight_done_ += batch.weight;
    ++n_batches_done_;
    keeps_going_ = call_.keep_going(n_done);
  }

  Tiling tiling(std::int64_t n_samples) const {
    const auto bytes = static_cast<std::int64_t>(layout().trained_end * sizeof(float));
    const std::int64_t most_groups = std::clamp<std::int64_t>(
        kGradientBytes / std::max<std::int64_t>(1, bytes), kFewestGroups, kMostGroups);
    return {n_samples, kMaxVectors, most_groups};
  }
  const ParameterLayout& layout() const { return parameters_.layout; }

  static constexpr std::size_t kIdleChunk = 64 * kLineFloats;
  static constexpr std::int64_t kGradientBytes = std::int64_t{256} << 20;  // for all groups …
  static constexpr std::int64_t kFewestGroups = 4, kMostGroups = 64;       // … but so many

  const TrainCall& call_;
  const Plan plan_;
  const InputRows input_rows_;
  Parameters parameters_;
  const Network network_;
  Floats gradients_;
  std::vector<TileLoss> tile_losses_;
  std::vector<TilePass> passes_;  // one for each thread

  // Written by thread 0 between the barriers.
  bool keeps_going_ = true;
  std::int64_t n_batches_done_ = 0, n_correct_ = 0;
  double loss_sum_ = 0, weight_done_ = 0;
};

}  // namespace

EpochTotals train_epoch(const TrainCall& call) { return Epoch(call).run(); }

}  // namespace ctre::CTRE_ISA
