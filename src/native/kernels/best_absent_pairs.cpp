// The search for the best pairs: coarse where that is enough to dismiss nearly all of them, else
// exact. Both find the same pairs.
#include "best_absent_pairs.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "best_pairs.hpp"
#include "block_walk.hpp"
#include "coarse_filter.hpp"
#include "exact_filter.hpp"
#include "exact_product.hpp"
#include "kernel_table.hpp"
#include "threads.hpp"

namespace ctre::CTRE_ISA {
namespace {

constexpr double kThreadWork = 4e6;       // operations worth a thread
constexpr std::int64_t kFewSamples = 24;  // fewer do not repay a coarse search
constexpr std::int64_t kSparing = 8;      // a coarse search is for one place of so many, at most

int worth_threads(const AbsentPairQuery& query, double n_operations) {
  return static_cast<int>(std::min<double>(query.n_threads, 1 + n_operations / kThreadWork));
}

class Search {
 public:
  Search(const AbsentPairQuery& query, std::int64_t* keys)
      : query_(query),
        keys_(keys),
        n_threads_(worth_threads(query, static_cast<double>(query.n_samples) *
                                            static_cast<double>(query.n_pre) *
                                            static_cast<double>(query.n_post))),
        pre_columns_(query.n_pre),
        post_columns_(query.n_post) {
    profile();
  }

  void run() {
    if (run_coarsely()) return;
    if (!run_exactly(false)) run_exactly(true);
  }

 private:
  void profile() {
    const double n_values =
        static_cast<double>(query_.n_samples) * static_cast<double>(query_.n_pre + query_.n_post);
    const int n_readers = worth_threads(query_, n_values);
    run_team(n_readers, [&](int thread) {
      const Share pre = share_of(query_.n_pre, thread, n_readers);
      if (query_.pre) {
        profile_columns(query_.pre, query_.n_samples, query_.n_pre, pre, pre_columns_);
      } else {
        profile_columns(query_.pre_indptr, query_.pre_indices, query_.pre_values, pre,
                        pre_columns_);
      }
      profile_columns(query_.post, query_.n_samples, query_.n_post,
                      share_of(query_.n_post, thread, n_readers), post_columns_);
    });
  }

  Side pre_side(bool all_live) const {
    return {pre_columns_, query_.normalized, query_.pre_offset, all_live};
  }
  Side post_side(bool all_live) const {
    return {post_columns_, query_.normalized, query_.post_offset, all_live};
  }

  // Returns whether the dead neurons had finite partners alone. If not, zero times infinity is NaN:
  // no neuron may be left out.
  bool run_exactly(bool all_live) {
    const Side pre = pre_side(all_live), post = post_side(all_live);
    const Scoring scoring(query_);
    const ExactProduct product(query_, pre, post);
    BestPairs best(query_.count);
    BlockWalk<ExactProduct> walk(product, query_.n_samples, pre, post, n_threads_);
    std::vector<BlockWalk<ExactProduct>::Workspace> workspaces;
    std::vector<ExactFilter> filters;
    for (int thread = 0; thread < n_threads_; ++thread) {
      workspaces.push_back(walk.workspace());
      filters.emplace_back(query_, scoring, pre, post, best);
    }
    std::atomic<std::int64_t> next{0};
    run_team(n_threads_, [&](int thread) {
      ExactFilter& filter = filters[static_cast<std::size_t>(thread)];
      walk.run(workspaces[static_cast<std::size_t>(thread)], filter);
      for (std::int64_t q; (q = next.fetch_add(1)) < query_.n_post;) filter.score_dead(q);
      filter.hand_over();
    });
    const std::vector<Pair>& pairs = best.pairs();
    std::transform(pairs.begin(), pairs.end(), keys_, [](const Pair& pair) { return pair.key; });
    std::sort(keys_, keys_ + query_.count);
    return std::all_of(workspaces.begin(), workspaces.end(),
                       [](const auto& work) { return work.panels.finite; });
  }

  // Returns whether that was possible.
  bool run_coarsely() {
    const std::int64_t n_places = query_.n_pre * query_.n_post;
    if (!kHasPairProducts || !query_.pre || query_.n_samples < kFewSamples ||
        query_.count > n_places / kSparing) {
      return false;
    }
    const Side pre = pre_side(false), post = post_side(false);
    if (!are_moderate(pre_columns_, pre.live) || !are_moderate(post_columns_, post.live))
      return false;
    const Scoring scoring(query_);
    Candidates candidates(query_.count, pre.live.size() * post.live.size());
    add_dead(pre, post, scoring, candidates);

    const Wholes pre_wholes(pre_columns_, pre.live), post_wholes(post_columns_, post.live);
    const CoarseProduct product(query_, pre, post, pre_wholes, post_wholes);
    BlockWalk<CoarseProduct> walk(product, query_.n_samples, pre, post, n_threads_);
    std::vector<BlockWalk<CoarseProduct>::Workspace> workspaces;
    std::vector<CoarseFilter> filters;
    for (int thread = 0; thread < n_threads_; ++thread) {
      workspaces.push_back(walk.workspace());
      filters.emplace_back(query_, scoring, pre, post, pre_wholes, post_wholes, candidates);
    }
    run_team(n_threads_, [&](int thread) {
      CoarseFilter& filter = filters[static_cast<std::size_t>(thread)];
      walk.run(workspaces[static_cast<std::size_t>(thread)], filter);
      filter.hand_over();
    });
    if (candidates.has_overflowed()) return false;
    decide(pre, post, scoring, candidates);
    return true;
  }

  // The scores of dead neurons are exact as they are.
  void add_dead(const Side& pre, const Side& post, const Scoring& scoring,
                Candidates& candidates) const {
    BestPairs best(query_.count);
    ExactFilter filter(query_, scoring, pre, post, best);
    for (std::int64_t q = 0; q < query_.n_post; ++q) filter.score_dead(q);
    filter.hand_over();
    for (const Pair& pair : best.pairs()) {
      const Candidate candidate{pair.rank, pair.rank, pair.key};
      candidates.add(&candidate, &candidate + 1);
    }
  }

  void decide(const Side& pre, const Side& post, const Scoring& scoring, Candidates& candidates) {
    std::vector<std::int64_t> sure;
    std::vector<Pair> unsure;
    candidates.settle(sure, unsure);
    const auto n_left =
        static_cast<std::ptrdiff_t>(query_.count) - static_cast<std::ptrdiff_t>(sure.size());
    if (static_cast<std::ptrdiff_t>(unsure.size()) > n_left) {
      std::sort(unsure.begin(), unsure.end(),
                [](const Pair& a, const Pair& b) { return a.key < b.key; });
      rank_exactly(pre, post, scoring, unsure);
      std::nth_element(unsure.begin(), unsure.begin() + n_left, unsure.end(), Better{});
    }
    std::int64_t* end = std::copy(sure.begin(), sure.end(), keys_);
    std::transform(unsure.begin(), unsure.begin() + n_left, end,
                   [](const Pair& pair) { return pair.key; });
    std::sort(keys_, keys_ + query_.count);
  }

  static constexpr std::size_t kTogether = 8;

  // Pairs whose sums do not wait for each other.
  struct Together {
    std::int64_t p[kTogether] = {}, q[kTogether] = {};
    float pre_scale[kTogether] = {}, post_scale[kTogether] = {}, sums[kTogether] = {};
  };

  // Ranks pairs by the very sums of an exact search.
  void rank_exactly(const Side& pre, const Side& post, const Scoring& scoring,
                    std::vector<Pair>& pairs) const {
    const auto scale_of = [](const Side& side, std::int64_t neuron) {
      const auto i = static_cast<std::size_t>(neuron);
      return side.is_live[i] ? side.live.scale[static_cast<std::size_t>(side.position[i])] : 0.0f;
    };
    std::vector<Together> groups((pairs.size() + kTogether - 1) / kTogether);
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      Together& group = groups[k / kTogether];
      const std::size_t i = k % kTogether;
      group.p[i] = pairs[k].key % query_.n_pre;
      group.q[i] = pairs[k].key / query_.n_pre;
      group.pre_scale[i] = scale_of(pre, group.p[i]);
      group.post_scale[i] = scale_of(post, group.q[i]);
    }
    const double n_operations =
        4.0 * static_cast<double>(query_.n_samples) * static_cast<double>(pairs.size());
    const int n_threads = worth_threads(query_, n_operations);
    run_team(n_threads, [&](int thread) {
      add_products(groups.data(),
                   share_of(static_cast<std::int64_t>(groups.size()), thread, n_threads));
    });
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      const Together& group = groups[k / kTogether];
      const std::size_t i = k % kTogether;
      const float sum =
          group.sums[i] + scoring.pre_offset(group.p[i]) + scoring.post_offset(group.q[i]);
      pairs[k].rank = scoring.rank_of(sum);
    }
  }

  // Multiplies and adds in the order of an exact search. A chunk of samples serves all pairs while
  // it is in cache.
  void add_products(Together* groups, Share share) const {
    for (std::int64_t begin = 0; begin < query_.n_samples; begin += kChunk) {
      const std::int64_t end = std::min(begin + kChunk, query_.n_samples);
      for (Together* group = groups + share.begin; group != groups + share.end; ++group) {
        float some[kTogether] = {};
        for (std::int64_t row = begin; row < end; ++row) {
          const float* before = query_.pre + row * query_.n_pre;
          const float* after = query_.post + row * query_.n_post;
#pragma GCC unroll 8
          for (std::size_t i = 0; i < kTogether; ++i) {
            const float one = before[group->p[i]] * group->pre_scale[i];
            const float other = after[group->q[i]] * group->post_scale[i];
            some[i] = multiply_add(one, other, some[i]);
          }
        }
        for (std::size_t i = 0; i < kTogether; ++i) group->sums[i] += some[i];
      }
    }
  }

  const AbsentPairQuery& query_;
  std::int64_t* const keys_;
  const int n_threads_;
  ColumnProfiles pre_columns_, post_columns_;
};

}  // namespace

void best_absent_pairs(const AbsentPairQuery& query, std::int64_t* keys) {
  if (query.count > 0) Search(query, keys).run();
}

}  // namespace ctre::CTRE_ISA
