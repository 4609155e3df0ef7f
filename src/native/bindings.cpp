// The extension module: the kernels as Python functions of plain arguments.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <cstdlib>

#include "arguments.hpp"
#include "best_absent_pairs.hpp"
#include "kernel_table.hpp"
#include "layer_call.hpp"
#include "pair_scores.hpp"
#include "pulse.hpp"

namespace ctre {
namespace {

const Kernels& kernels() {
  static const Kernels& chosen =
      kernels_for(std::getenv("CTRE_ISA") ? std::getenv("CTRE_ISA") : "");
  return chosen;
}

template <class Value>
Value named(const std::string& name, std::initializer_list<std::pair<const char*, Value>> values,
            const char* argument) {
  for (const auto& [key, value] : values) {
    if (name == key) return value;
  }
  std::string names;
  for (const auto& [key, value] : values) {
    names += (names.empty() ? "'" : ", '") + std::string(key) + "'";
  }
  require(false, argument, "be one of " + names + ", got '" + name + "'");
  return {};
}

Activation activation_named(const std::string& name) {
  return named<Activation>(name,
                           {{"relu", Activation::relu},
                            {"leaky_relu", Activation::leaky_relu},
                            {"tanh", Activation::tanh},
                            {"logistic", Activation::logistic},
                            {"identity", Activation::identity}},
                           "activation");
}

Loss loss_named(const std::string& name) {
  return named<Loss>(name,
                     {{"softmax_cross_entropy", Loss::softmax_cross_entropy},
                      {"logistic", Loss::logistic},
                      {"squared_error", Loss::squared_error}},
                     "loss");
}

SGD sgd_of(nb::handle value) {
  const Fields fields(value, "optimizer", 4);
  return {fields.number<double>(0, "learning_rate"), fields.number<double>(1, "momentum"),
          fields.number<double>(3, "l2"), fields.number<bool>(2, "nesterov")};
}

Adam adam_of(nb::handle value) {
  const Fields fields(value, "optimizer", 6);
  return {fields.number<double>(0, "learning_rate"),
          fields.number<double>(1, "beta_1"),
          fields.number<double>(2, "beta_2"),
          fields.number<double>(3, "floor"),
          fields.number<double>(4, "l2"),
          fields.number<std::int64_t>(5, "n_steps_done")};
}

Optimizer optimizer_of(const std::string& kind, nb::handle value) {
  using Read = Optimizer (*)(nb::handle);
  const auto read =
      named<Read>(kind,
                  {{"SGD", [](nb::handle fields) -> Optimizer { return sgd_of(fields); }},
                   {"Adam", [](nb::handle fields) -> Optimizer { return adam_of(fields); }}},
                  "optimizer");
  return read(value);
}

int slots_of(const Optimizer& optimizer) {
  return std::visit([](const auto& kind) { return kind.kSlots; }, optimizer);
}

// An `InputDropout`.
DropoutView dropout_of(nb::handle value) {
  const Fields fields(value, "input_dropout", 2);
  const auto share = fields.number<double>(0, "share");
  require(share > 0 && share < 1, "input_dropout.share", "lie between 0 and 1");
  return {static_cast<std::uint32_t>(share * 0x1p32), fields.number<std::uint32_t>(1, "seed"),
          static_cast<float>(1 / (1 - share))};
}

nb::tuple train_epoch(const nb::list& layers, nb::handle samples, nb::handle targets,
                      nb::handle order, nb::handle sample_weight, nb::handle input_dropout,
                      std::int64_t batch_size, const std::string& activation,
                      const std::string& loss, const std::string& optimizer_kind,
                      nb::handle optimizer, int n_threads, nb::handle tick) {
  TrainCall call{};
  call.optimizer = optimizer_of(optimizer_kind, optimizer);
  call.activation = activation_named(activation);
  call.loss = loss_named(loss);
  call.layers = layer_views(layers, slots_of(call.optimizer));
  call.samples = samples_view(samples, call.layers.front().n_pre, "samples");
  const std::int64_t n_rows = call.samples.n_rows;
  const std::int32_t n_out = call.layers.back().n_post;

  const auto rows = array_view<const std::int32_t>(order, "order", {kAnyLength});
  call.order = rows.data;
  call.n_trained = rows.shape[0];
  require_range(call.order, call.n_trained, n_rows, "order");
  if (call.loss == Loss::softmax_cross_entropy) {
    call.labels = array_view<const std::int32_t>(targets, "targets", {n_rows}).data;
    bool is_within = true;
    for (std::int64_t s = 0; s < call.n_trained; ++s) {
      const std::int32_t label = call.labels[call.order[s]];
      is_within &= label >= 0 && label < n_out;
    }
    require(is_within, "targets", "lie in [0, " + std::to_string(n_out) + ")");
  } else {
    call.targets = array_view<const float>(targets, "targets", {n_rows, n_out}).data;
  }
  call.sample_weight = optional_data<const float>(sample_weight, "sample_weight", {n_rows});
  if (!input_dropout.is_none()) call.input_dropout = dropout_of(input_dropout);
  call.batch_size = batch_size;
  call.n_threads = n_threads;
  require(batch_size > 0, "batch_size", "be positive");
  require(n_threads > 0, "n_threads", "be positive");

  Pulse pulse(tick);
  call.keep_going = [&](std::int64_t n_done) { return pulse.keep_going(n_done); };
  EpochTotals totals;
  {
    nb::gil_scoped_release released;
    // Many weights for few samples: rows no longer than they must be, as most of them come from
    // far away.
    const bool is_narrow = call.has_many_weights();
    totals = (is_narrow ? narrowed(kernels(), call.largest_batch()) : kernels()).train_epoch(call);
  }
  pulse.raise_if_stopped();
  return nb::make_tuple(totals.loss, totals.n_correct);
}

void forward(const nb::list& layers, nb::handle samples, const std::string& activation,
             int n_threads, const nb::list& hidden, nb::handle out) {
  ForwardCall call{};
  call.layers = layer_views(layers, 0);
  call.samples = samples_view(samples, call.layers.front().n_pre, "samples");
  call.activation = activation_named(activation);
  call.n_threads = n_threads;
  require(hidden.size() == 0 || hidden.size() + 1 == call.layers.size(), "hidden",
          "have an array for each hidden layer, or none");
  for (std::size_t l = 0; l < hidden.size(); ++l) {
    const std::string name = "hidden[" + std::to_string(l) + "]";
    call.hidden.push_back(
        array_view<float>(hidden[l], name, {call.samples.n_rows, call.layers[l].n_post}).data);
  }
  call.out = array_view<float>(out, "out", {call.samples.n_rows, call.layers.back().n_post}).data;
  require(n_threads > 0, "n_threads", "be positive");
  nb::gil_scoped_release released;
  kernels().forward(call);
}

void layer_forward(nb::handle layer, nb::handle samples, int n_threads, nb::handle out) {
  LayerForwardCall call{};
  call.layer = layer_view(layer, 0, "layer");
  const auto rows = array_view<const float>(samples, "samples", {kAnyLength, call.layer.n_pre});
  call.samples = rows.data;
  call.n_rows = rows.shape[0];
  call.out = array_view<float>(out, "out", {call.n_rows, call.layer.n_post}).data;
  call.n_threads = n_threads;
  require(n_threads > 0, "n_threads", "be positive");
  nb::gil_scoped_release released;
  kernels().layer_forward(call);
}

void layer_backward(nb::handle layer, nb::handle samples, nb::handle error, int n_threads,
                    nb::handle sample_gradient, nb::handle weight_gradient,
                    nb::handle bias_gradient) {
  LayerBackwardCall call{};
  call.layer = layer_view(layer, 0, "layer");
  const std::int32_t n_pre = call.layer.n_pre, n_post = call.layer.n_post;
  const auto rows = array_view<const float>(samples, "samples", {kAnyLength, n_pre});
  call.samples = rows.data;
  call.n_rows = rows.shape[0];
  call.error = array_view<const float>(error, "error", {call.n_rows, n_post}).data;
  call.sample_gradient =
      optional_data<float>(sample_gradient, "sample_gradient", {call.n_rows, n_pre});
  call.weight_gradient =
      optional_data<float>(weight_gradient, "weight_gradient", {call.layer.n_connections()});
  call.bias_gradient = optional_data<float>(bias_gradient, "bias_gradient", {n_post});
  call.n_threads = n_threads;
  require(n_threads > 0, "n_threads", "be positive");
  nb::gil_scoped_release released;
  kernels().layer_backward(call);
}

// A `BilinearForm`, whose `pre` is a matrix, or the tuple (n_samples, indptr, indices, data) of
// CSC. Whether low scores are the best ones is a matter of the search alone.
void read_form(const Fields& fields, BilinearForm& form) {
  const nb::handle pre = fields[0];
  const auto posts = array_view<const float>(fields[1], "post", {kAnyLength, kAnyLength});
  form.post = posts.data;
  form.n_samples = posts.shape[0];
  form.n_post = posts.shape[1];
  if (nb::isinstance<nb::tuple>(pre)) {
    const Fields matrix(pre, "pre", 4);
    const Compressed columns(matrix, form.n_samples, "pre");
    require(matrix.number<std::int64_t>(0, "shape[0]") == form.n_samples, "pre",
            "have as many rows as post");
    form.n_pre = columns.n_major;
    form.pre_indptr = columns.indptr;
    form.pre_indices = columns.indices;
    form.pre_values = columns.values;
    require_sorted(columns.indptr, columns.n_major, columns.indices, "pre.indices");
  } else {
    const auto pres = array_view<const float>(pre, "pre", {form.n_samples, kAnyLength});
    form.pre = pres.data;
    form.n_pre = pres.shape[1];
  }
  form.pre_offset = optional_data<const float>(fields[2], "pre_offset", {form.n_pre});
  form.post_offset = optional_data<const float>(fields[3], "post_offset", {form.n_post});
  form.absolute = fields.number<bool>(4, "absolute");
  form.centered = fields.number<bool>(6, "centered");
  form.normalized_pre = fields.number<bool>(7, "normalized_pre");
  form.normalized_post = fields.number<bool>(8, "normalized_post");
}

// Places in CSC form; gives their number.
template <class Call>
std::int64_t read_places(nb::handle indptr, nb::handle indices, Call& call) {
  const auto offsets = array_view<const std::int32_t>(indptr, "indptr", {call.n_post + 1});
  const auto places = array_view<const std::int32_t>(indices, "indices", {kAnyLength});
  require_offsets(offsets, places.shape[0], "indptr");
  require_range(places.data, places.shape[0], call.n_pre, "indices");
  require_sorted(offsets.data, call.n_post, places.data, "indices");
  call.indptr = offsets.data;
  call.indices = places.data;
  return places.shape[0];
}

void best_absent_pairs(nb::handle form, nb::handle indptr, nb::handle indices, int n_threads,
                       nb::handle out) {
  AbsentPairQuery query{};
  const Fields fields(form, "form", 9);
  read_form(fields, query);
  query.lowest_first = fields.number<bool>(5, "lowest_first");
  const std::int64_t n_taken = read_places(indptr, indices, query);

  const auto keys = array_view<std::int64_t>(out, "out", {kAnyLength});
  query.count = keys.shape[0];
  query.n_threads = n_threads;
  require(query.count <= query.n_pre * query.n_post - n_taken, "count",
          "be at most the number of free places");
  require(n_threads > 0, "n_threads", "be positive");
  nb::gil_scoped_release released;
  kernels().best_absent_pairs(query, keys.data);
}

void pair_scores(nb::handle form, nb::handle indptr, nb::handle indices, int n_threads,
                 nb::handle out) {
  PairScoresCall call{};
  read_form(Fields(form, "form", 9), call);
  const std::int64_t n_pairs = read_places(indptr, indices, call);
  call.out = array_view<float>(out, "out", {n_pairs}).data;
  call.n_threads = n_threads;
  require(n_threads > 0, "n_threads", "be positive");
  nb::gil_scoped_release released;
  kernels().pair_scores(call);
}

}  // namespace
}  // namespace ctre

NB_MODULE(_native, module) {
  namespace nb = nanobind;
  ctre::kernels();  // so that a wrong CTRE_ISA fails the import
  module.doc() = "The kernels in C++; see ctre.kernels.native.";
  module.def("isa", [] { return ctre::kernels().isa; }, "Name the instruction set in use.");
  module.def("train_epoch", ctre::train_epoch, nb::arg("layers"), nb::arg("samples"),
             nb::arg("targets"), nb::arg("order"), nb::arg("sample_weight").none(),
             nb::arg("input_dropout").none(), nb::arg("batch_size"), nb::arg("activation"),
             nb::arg("loss"), nb::arg("optimizer_kind"), nb::arg("optimizer"), nb::arg("n_threads"),
             nb::arg("tick").none());
  module.def("forward", ctre::forward, nb::arg("layers"), nb::arg("samples"), nb::arg("activation"),
             nb::arg("n_threads"), nb::arg("hidden"), nb::arg("out"));
  module.def("layer_forward", ctre::layer_forward, nb::arg("layer"), nb::arg("samples"),
             nb::arg("n_threads"), nb::arg("out"));
  module.def("layer_backward", ctre::layer_backward, nb::arg("layer"), nb::arg("samples"),
             nb::arg("error"), nb::arg("n_threads"), nb::arg("sample_gradient").none(),
             nb::arg("weight_gradient").none(), nb::arg("bias_gradient").none());
  module.def("best_absent_pairs", ctre::best_absent_pairs, nb::arg("form"), nb::arg("indptr"),
             nb::arg("indices"), nb::arg("n_threads"), nb::arg("out"));
  module.def("pair_scores", ctre::pair_scores, nb::arg("form"), nb::arg("indptr"),
             nb::arg("indices"), nb::arg("n_threads"), nb::arg("out"));
}
