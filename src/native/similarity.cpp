// Scores of all places of a layer, block by block; each row of a block is filtered while in cache.
//
// Dead neurons take no part in the product: with finite partners, their scores are the offsets.
#include "similarity.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "best_pairs.hpp"
#include "gemm.hpp"
#include "live_neurons.hpp"
#include "memory.hpp"
#include "threads.hpp"

namespace ctre::CTRE_ISA {
namespace {

constexpr std::int64_t kBlockPre = 1024, kBlockPost = 1008;  // scores of a block: 4 MB
constexpr std::int64_t kPackedPre = 256;                     // times a chunk of samples: half of L2
constexpr int kFilter = 32;                                  // scores compared at once
constexpr int kFound = 256;                                  // pairs a thread hands over at once
constexpr std::int64_t kPackingCost = 16;                    // of a value, in multiplications
constexpr double kThreadWork = 4e6;                          // operations worth a thread

static_assert(kPackedPre % kTilePre == 0 && kPackedPre % kFilter == 0);

// Equal parts of n, each a multiple of `step` but the last.
struct Parts {
  std::int64_t size = 0, number = 0;

  Parts() = default;
  Parts(std::int64_t n, std::int64_t largest, std::int64_t step, std::int64_t wanted) {
    wanted = std::max(wanted, (n + largest - 1) / largest);
    size = round_up((n + wanted - 1) / wanted, step);
    number = (n + size - 1) / size;
  }
};

// Blocks of pairs, each for one thread: of those that keep all threads busy, the cheapest.
struct Grid {
  Parts pre, post;

  Grid(std::int64_t n_pre, std::int64_t n_post, int n_threads) {
    double least = std::numeric_limits<double>::infinity();
    for (int wanted = 1; wanted <= n_threads; ++wanted) {
      const Parts some_pre(n_pre, kBlockPre, kTilePre, wanted);
      const Parts some_post(n_post, kBlockPost, kTilePost, (n_threads + some_pre.number - 1) / some_pre.number);
      const std::int64_t rounds = (some_pre.number * some_post.number + n_threads - 1) / n_threads;
      const double cost = static_cast<double>(rounds * (some_pre.size * some_post.size +
                                                        kPackingCost * (some_pre.size + some_post.size)));
      if (cost >= least) continue;
      least = cost;
      pre = some_pre;
      post = some_post;
    }
  }
};

// What one thread works with.
struct Workspace {
  Floats pre, post, scores;
  std::vector<PanelRows> pre_rows;
  Rank ranks[kPackedPre];
  Pair found[kFound];  // on their way to the shared list
  int n_found = 0;
  bool finite = true;

  Workspace(std::int64_t block_pre, std::int64_t block_post, bool sparse)
      : pre(kPackedPre * kChunk, Fill::nothing),
        post(static_cast<std::size_t>(block_post * kChunk), Fill::nothing),
        scores(static_cast<std::size_t>(block_pre * block_post), Fill::nothing),
        pre_rows(sparse ? kPackedPre / kTilePre : 0) {}
};

class Search {
 public:
  Search(const AbsentPairQuery& query, const Side& pre, const Side& post, int n_threads, BestPairs& best)
      : query_(query),
        pre_(pre),
        post_(post),
        n_threads_(n_threads),
        best_(best),
        grid_(pre.live.size(), post.live.size(), n_threads) {}

  // Returns whether the dead neurons had finite partners alone.
  bool run() {
    std::vector<std::unique_ptr<Workspace>> workspaces;
    for (int thread = 0; thread < n_threads_; ++thread) {
      workspaces.push_back(std::make_unique<Workspace>(grid_.pre.size, grid_.post.size, !query_.pre));
    }
    run_team(n_threads_, [&](int thread) {
      Workspace& work = *workspaces[static_cast<std::size_t>(thread)];
      const std::int64_t n_blocks = grid_.pre.number * grid_.post.number;
      for (std::int64_t block; (block = next_block_.fetch_add(1)) < n_blocks;) {
        score_block(work, block / grid_.post.number, block % grid_.post.number);
      }
      for (std::int64_t q; (q = next_post_.fetch_add(1)) < query_.n_post;) {
        score_dead(work, q, pre_.dead);
        if (!post_.is_live[static_cast<std::size_t>(q)]) score_dead(work, q, pre_.live);
      }
      hand_over(work);
    });
    return std::all_of(workspaces.begin(), workspaces.end(), [](const auto& work) { return work->finite; });
  }

 private:
  void score_block(Workspace& work, std::int64_t pre_part, std::int64_t post_part) {
    const std::int64_t pre_begin = pre_part * grid_.pre.size;
    const std::int64_t pre_end = std::min(pre_begin + grid_.pre.size, pre_.live.size());
    const std::int64_t post_begin = post_part * grid_.post.size;
    const std::int64_t n_post = std::min(grid_.post.size, post_.live.size() - post_begin);
    const std::int32_t* post_index = post_.live.index.data() + post_begin;
    for (std::int64_t begin = 0; begin < query_.n_samples; begin += kChunk) {
      const std::int64_t end = std::min(begin + kChunk, query_.n_samples);
      pack_dense<kTilePost>(query_.post, query_.n_post, begin, end, post_index,
                            post_.live.scale.data() + post_begin, n_post, work.post.data());
      if (pre_.dead.size()) {
        work.finite &= panels_finite<kTilePost>(work.post.data(), n_post, static_cast<int>(end - begin));
      }
      for (std::int64_t first = pre_begin; first < pre_end; first += kPackedPre) {
        const std::int64_t n_pre = std::min(kPackedPre, pre_end - first);
        pack_pre(work, begin, end, first, n_pre);
        for (std::int64_t i = 0; i < n_post; i += kTilePost) {
          float* scores = work.scores.data() + i * grid_.pre.size + (first - pre_begin);
          multiply_panels(work, begin, end, n_pre, work.post.data() + i * kChunk, scores);
          if (end < query_.n_samples) continue;
          for (std::int64_t row = i; row < std::min(i + kTilePost, n_post); ++row, scores += grid_.pre.size) {
            filter(work, post_index[row], pre_.live, first, n_pre, scores);
          }
        }
      }
    }
  }

  void pack_pre(Workspace& work, std::int64_t begin, std::int64_t end, std::int64_t first, std::int64_t n) const {
    const std::int32_t* index = pre_.live.index.data() + first;
    const float* scale = pre_.live.scale.data() + first;
    const int n_rows = static_cast<int>(end - begin);
    if (query_.pre) {
      pack_dense<kTilePre>(query_.pre, query_.n_pre, begin, end, index, scale, n, work.pre.data());
      if (post_.dead.size()) work.finite &= panels_finite<kTilePre>(work.pre.data(), n, n_rows);
    } else {
      pack_sparse(query_.pre_indptr, query_.pre_indices, query_.pre_values, begin, end, index, scale, n, work.pre.data(),
                  work.pre_rows.data());
      if (post_.dead.size()) work.finite &= panels_finite(work.pre.data(), n, work.pre_rows.data());
    }
  }

  void multiply_panels(Workspace& work, std::int64_t begin, std::int64_t end, std::int64_t n_pre,
                       const float* post_panel, float* scores) const {
    for (std::int64_t j = 0; j < n_pre; j += kTilePre) {
      const float* pre_panel = work.pre.data() + j * kChunk;
      if (query_.pre) {
        multiply_tile<false>(static_cast<int>(end - begin), pre_panel, nullptr, post_panel, begin == 0, scores + j,
                             grid_.pre.size);
      } else {
        const PanelRows& rows = work.pre_rows[j / kTilePre];
        multiply_tile<true>(rows.n_rows, pre_panel, rows.rows, post_panel, begin == 0, scores + j, grid_.pre.size);
      }
    }
  }

  // Scores of one postsynaptic neuron with the listed ones when one or both sides are dead.
  void score_dead(Workspace& work, std::int64_t q, const Neurons& list) {
    alignas(64) static constexpr float kZeros[kPackedPre] = {};
    if (list.size() == 0) return;
    const bool all_alike = !query_.pre_offset;
    if (all_alike && rank_of(0.0f + post_offset(q)) <= best_.bound(q * query_.n_pre + list.index[0])) return;
    for (std::int64_t first = 0; first < list.size(); first += kPackedPre) {
      filter(work, q, list, first, std::min(kPackedPre, list.size() - first), kZeros);
    }
  }

  // Hands over the free places of neuron q and listed neurons [first, first + n) that may be among the best.
  void filter(Workspace& work, std::int64_t q, const Neurons& list, std::int64_t first, std::int64_t n,
              const float* sums) {
    const std::int32_t* index = list.index.data() + first;
    const float* pre_offset = list.offset.data() + first;
    const float offset = post_offset(q);
    const Rank bound = best_.bound(q * query_.n_pre + index[0]);
    Rank top = kTaken;
    for (std::int64_t i = 0; i < n; ++i) {
      const Rank rank = rank_of(sums[i] + pre_offset[i] + offset);
      work.ranks[i] = rank;
      top = std::max(top, rank);
    }
    if (top <= bound) return;
    std::fill(work.ranks + n, work.ranks + round_up(n, kFilter), kTaken);
    mark_taken(work, q, list, first, n);
    for (std::int64_t group = 0; group < n; group += kFilter) {
      const Rank* ranks = work.ranks + group;
      Rank top_here = kTaken;
      for (int i = 0; i < kFilter; ++i) top_here = std::max(top_here, ranks[i]);
      if (top_here <= bound) continue;
      if (work.n_found > kFound - kFilter) hand_over(work);
      for (int i = 0; i < kFilter; ++i) {  // without a branch, which would be mispredicted
        work.found[work.n_found] = {ranks[i], q * query_.n_pre + index[std::min(group + i, n - 1)]};
        work.n_found += ranks[i] > bound;
      }
    }
  }

  void mark_taken(Workspace& work, std::int64_t q, const Neurons& list, std::int64_t first, std::int64_t n) const {
    const bool live = &list == &pre_.live;
    const std::int32_t* end = query_.indices + query_.indptr[q + 1];
    const std::int32_t last = list.index[static_cast<std::size_t>(first + n - 1)];
    for (const std::int32_t* p = std::lower_bound(query_.indices + query_.indptr[q], end,
                                                  list.index[static_cast<std::size_t>(first)]);
         p != end && *p <= last; ++p) {
      if (pre_.is_live[*p] == live) work.ranks[pre_.position[*p] - first] = kTaken;
    }
  }

  void hand_over(Workspace& work) {
    best_.add(work.found, work.found + work.n_found);
    work.n_found = 0;
  }

  float post_offset(std::int64_t q) const { return query_.post_offset ? query_.post_offset[q] : 0.0f; }

  Rank rank_of(float sum) const {
    Rank bits;
    std::memcpy(&bits, &sum, sizeof bits);
    bits = (bits & keep_) ^ flip_;
    return sum == sum ? bits ^ ((bits >> 31) & std::numeric_limits<Rank>::max()) : kNaN;
  }

  const AbsentPairQuery& query_;
  const Side& pre_;
  const Side& post_;
  const int n_threads_;
  BestPairs& best_;
  const Rank keep_ = query_.absolute ? std::numeric_limits<Rank>::max() : -1;
  const Rank flip_ = query_.lowest_first ? std::numeric_limits<Rank>::min() : 0;
  const Grid grid_;
  std::atomic<std::int64_t> next_block_{0}, next_post_{0};
};

int worth_threads(const AbsentPairQuery& query, double n_operations) {
  return static_cast<int>(std::min<double>(query.n_threads, 1 + n_operations / kThreadWork));
}

}  // namespace

void best_absent_pairs(const AbsentPairQuery& query, std::int64_t* keys) {
  if (query.count == 0) return;
  const std::int64_t n_pairs = query.n_pre * query.n_post;
  const int n_threads = worth_threads(query, static_cast<double>(query.n_samples) * static_cast<double>(n_pairs));
  const int n_readers =
      worth_threads(query, static_cast<double>(query.n_samples) * static_cast<double>(query.n_pre + query.n_post));

  ColumnProfiles pre_columns(query.n_pre), post_columns(query.n_post);
  run_team(n_readers, [&](int thread) {
    const Share pre = share_of(query.n_pre, thread, n_readers), post = share_of(query.n_post, thread, n_readers);
    if (query.pre) {
      profile_columns(query.pre, query.n_samples, query.n_pre, pre, pre_columns);
    } else {
      profile_columns(query.pre_indptr, query.pre_values, pre, pre_columns);
    }
    profile_columns(query.post, query.n_samples, query.n_post, post, post_columns);
  });

  BestPairs best(query.count);
  const auto search = [&](bool all_live) {
    const Side pre(pre_columns, query.normalized, query.pre_offset, all_live);
    const Side post(post_columns, query.normalized, query.post_offset, all_live);
    return Search(query, pre, post, n_threads, best).run();
  };
  const bool finite = search(false);
  if (!finite) {
    // Zero times infinity is NaN: no neuron may be left out.
    best.clear();
    search(true);
  }
  best.write_keys(keys);
}

}  // namespace ctre::CTRE_ISA
