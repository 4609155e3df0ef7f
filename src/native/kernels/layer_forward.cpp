// One layer forward: tiles of the batch, shared out among threads.
#include "denormals.hpp"
#include "kernel_table.hpp"
#include "layer_call.hpp"
#include "layer_tiles.hpp"
#include "memory.hpp"

namespace ctre::CTRE_ISA {

void layer_forward(const LayerForwardCall& call) {
  const LayerView& layer = call.layer;
  const Incoming incoming{layer.n_post, layer.indptr, layer.indices, layer.weights, layer.biases};
  const InputRows input_rows(layer.n_pre);
  const Tiling tiling(call.n_rows, widest_row(layer.n_pre), call.n_rows);

  const double n_operations =
      static_cast<double>(call.n_rows) *
      (static_cast<double>(layer.n_connections()) + layer.n_pre + layer.n_post);
  const int n_threads = static_cast<int>(std::clamp<std::int64_t>(
      threads_worth(n_operations, call.n_threads), 1, std::max<std::int64_t>(1, tiling.n_tiles)));
  struct Memory {
    Floats below, above;
  };
  std::vector<Memory> memory;
  for (int thread = 0; thread < n_threads; ++thread) {
    memory.push_back({Floats(input_rows.n_tile_rows() * kMaxWidth, Fill::nothing),
                      Floats(static_cast<std::size_t>(layer.n_post) * kMaxWidth, Fill::nothing)});
  }
  run_team(n_threads, [&](int thread) {
    const DenormalsAreZero mode;
    const SamplesView samples{call.n_rows, layer.n_pre, call.samples};
    float* below = memory[static_cast<std::size_t>(thread)].below.data();
    float* above = memory[static_cast<std::size_t>(thread)].above.data();
    const Share share = share_of(tiling.n_tiles, thread, n_threads);
    for (std::int64_t tile = share.begin; tile < share.end; ++tile) {
      const TileRows rows(tiling, tile);
      input_rows.copy_dense(samples, rows.numbers, rows.width, below);
      rows.sweep().forward_output(incoming, below, above);
      copy_out(above, layer.n_post, rows.width, rows.n, call.out + rows.begin * layer.n_post);
    }
  });
}

}  // namespace ctre::CTRE_ISA
