/// @file
/// Graphs of tasks: built whole, submitted at once. `Cluster::submit` is the graph of one task.
#pragma once
#include "client/future.hpp"
#include "client/operation.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>

namespace tessera {
/// What may be said of a task besides what it computes.
struct TaskOptions {
  std::string key = {};            ///< A name of its own; empty: its content is its name (K1, K5).
  std::int32_t priority = 0;       ///< Higher starts first (O1).
  std::uint32_t retries = 0;       ///< Further attempts after one that failed (E5).
  bool impure = false;             ///< Never shares a result with an equal task (K2).
  std::vector<std::pair<std::string, std::int64_t>> resources = {};  ///< Taken while it runs.
};

namespace detail {
/// Memory that one call after another packs into. Who is called meanwhile finds it empty, which is as good.
struct PackingRoom {
  serialization::Writer writer;
  std::vector<runtime::graph::Index> inputs;
  static PackingRoom& of_this_thread() {
    thread_local PackingRoom room;
    return room;
  }
};

/// Packs arguments: values into the parameters, futures and deferred results into the inputs.
class Packer {
 public:
  Packer(runtime::graph::Builder& builder, std::uint32_t mark) : builder_(builder), room_(PackingRoom::of_this_thread()) {
    writer_.bytes().swap(room_.writer.bytes());
    inputs_.swap(room_.inputs);
    writer_.bytes().clear();
    inputs_.clear();
    writer_.number(mark);
  }
  Packer(const Packer&) = delete;
  ~Packer() {
    if (writer_.bytes().capacity() > kept_bytes_max) return;
    writer_.bytes().swap(room_.writer.bytes());
    inputs_.swap(room_.inputs);
  }

  template <class P, class A>
  void add(const A& argument) {
    if constexpr (is_future<A>) {
      static_assert(std::is_same_v<typename A::value_type, P>, "the future's type is not the parameter's type");
      kind(ArgumentKind::input);
      input(argument.core());
    } else if constexpr (is_deferred<A>) {
      static_assert(std::is_same_v<A, Deferred<P>>, "the deferred result's type is not the parameter's type");
      kind(ArgumentKind::input);
      inputs_.push_back(argument.index);
    } else {
      add_many<P>(argument);
    }
  }
  std::span<const runtime::graph::Index> inputs() const { return inputs_; }
  std::span<const std::byte> params() { return writer_.bytes(); }
  std::vector<FutureRef>& futures() { return futures_; }

 private:
  template <class P, class A>
  void add_many(const A& argument) {
    if constexpr (is_vector<A>) {
      using Element = typename A::value_type;
      if constexpr (is_future<Element> || is_deferred<Element>) {
        static_assert(is_vector<P>, "several futures fit a parameter that is a std::vector");
        kind(ArgumentKind::inputs);
        writer_.number(static_cast<std::uint32_t>(argument.size()));
        for (const Element& one : argument) {
          if constexpr (is_future<Element>) input(one.core());
          else inputs_.push_back(one.index);
        }
        return;
      }
    }
    if constexpr (!is_vector<A> || !(is_future<ElementOf<A>> || is_deferred<ElementOf<A>>)) {
      static_assert(std::is_convertible_v<const A&, P>, "the argument does not convert to the parameter's type");
      kind(ArgumentKind::value);
      serialization::Codec<P>::write(writer_, static_cast<P>(argument));
    }
  }
  template <class A>
  struct ElementOfImpl { using type = void; };
  template <class A>
    requires is_vector<A>
  struct ElementOfImpl<A> { using type = typename A::value_type; };
  template <class A>
  using ElementOf = typename ElementOfImpl<A>::type;

  void kind(ArgumentKind which) { writer_.number(static_cast<std::uint8_t>(which)); }
  void input(const FutureRef& future) {
    if (!future) throw Error(ErrorCode::invalid_argument, "an argument is an empty future");
    inputs_.push_back(builder_.external(future->key));
    futures_.push_back(future);
  }

  static constexpr std::size_t kept_bytes_max = 64 * 1024;
  runtime::graph::Builder& builder_;
  PackingRoom& room_;
  serialization::Writer writer_;
  std::vector<runtime::graph::Index> inputs_;
  std::vector<FutureRef> futures_;
};

const arrays::Operation& registered(const void* function);

/// Packs the arguments for the parameters that are no `Context`.
template <class... P, class... A>
void pack(Packer& packer, std::type_identity<std::tuple<P...>>, const std::tuple<const A&...>& arguments) {
  constexpr std::size_t given = sizeof...(A);
  constexpr std::size_t wanted = (0 + ... + !std::is_same_v<P, Context>);
  static_assert(given == wanted, "the operation takes another number of arguments");
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    const auto one = [&]<class T, std::size_t At>(std::type_identity<T>, std::integral_constant<std::size_t, At>) {
      constexpr bool is_context[] = {std::is_same_v<P, Context>...};
      constexpr std::size_t before = [&] {
        std::size_t count = 0;
        for (std::size_t i = 0; i < At; ++i) count += !is_context[i];
        return count;
      }();
      if constexpr (!std::is_same_v<T, Context>) packer.add<T>(std::get<before>(arguments));
    };
    (one(std::type_identity<P>{}, std::integral_constant<std::size_t, I>{}), ...);
  }(std::index_sequence_for<P...>{});
}

template <class R, class... P, class... A>
runtime::graph::Index add_task(runtime::graph::Builder& builder, std::vector<FutureRef>* keep, const TaskOptions& options,
                               std::optional<runtime::Key> unique, R (*function)(P...), const A&... arguments) {
  const arrays::Operation& operation = registered(reinterpret_cast<const void*>(function));
  Packer packer(builder, operation.mark);
  pack(packer, std::type_identity<std::tuple<Decayed<P>...>>{}, std::tuple<const A&...>(arguments...));
  runtime::graph::Options its{options.priority, options.retries, operation.effects, options.resources};
  if (options.impure && its.effects == Effects::pure) its.effects = Effects::idempotent;  // Another run may give another value.
  std::sort(its.resources.begin(), its.resources.end());
  for (const auto& [name, amount] : its.resources)
    if (name.empty() || amount <= 0)
      throw Error(ErrorCode::invalid_argument, "the resource \"" + name + "\" is asked for with the amount " + std::to_string(amount) +
                                                   ": it takes a name and a whole amount above 0");
  std::optional<runtime::Key> key = unique;
  if (!options.key.empty()) key = runtime::graph::named_key(options.key);
  const auto index =
      builder.add(builder.operation(operation.name), packer.inputs(), packer.params(), builder.options(its), key);
  if (keep != nullptr)
    for (FutureRef& future : packer.futures()) keep->push_back(std::move(future));
  return index;
}

/// What a submission gives: one future, or one for each output.
template <class R>
struct Handles { using future = Future<typename ResultOf<R>::type>; using deferred = Deferred<typename ResultOf<R>::type>; };
template <class... T>
struct Handles<Outputs<T...>> { using future = std::tuple<Future<T>...>; using deferred = std::tuple<Deferred<T>...>; };

/// Adds the tasks that take several outputs apart.
template <class... T>
std::tuple<Deferred<T>...> add_picks(runtime::graph::Builder& builder, const std::string& name, runtime::graph::Index from,
                                     std::type_identity<Outputs<T...>>) {
  const std::uint32_t options = builder.options({});
  const auto one = [&](std::size_t i) {
    return builder.add(builder.operation(name + "#" + std::to_string(i)), {&from, 1}, {}, options);
  };
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::tuple<Deferred<T>...>{Deferred<T>{one(I)}...};
  }(std::index_sequence_for<T...>{});
}
}  // namespace detail

/// Collects tasks; nothing runs before `Cluster::compute`. Adding costs under a microsecond.
class Graph {
 public:
  /// A task that applies `function`. Arguments: values, futures, and deferred results of this graph. Types are checked at
  /// compile time; a function that is not registered throws `unknown_operation`.
  template <class R, class... P, class... A>
  typename detail::Handles<std::decay_t<R>>::deferred add(R (*function)(P...), const A&... arguments) {
    return add(TaskOptions{}, function, arguments...);
  }
  template <class R, class... P, class... A>
  typename detail::Handles<std::decay_t<R>>::deferred add(const TaskOptions& options, R (*function)(P...),
                                                          const A&... arguments) {
    const auto index = detail::add_task(builder_, &keep_, options, std::nullopt, function, arguments...);
    if constexpr (detail::is_outputs<std::decay_t<R>>)
      return detail::add_picks(builder_, detail::registered(reinterpret_cast<const void*>(function)).name, index,
                               std::type_identity<std::decay_t<R>>{});
    else return {index};
  }
  std::size_t size() const { return builder_.size(); }
  runtime::graph::Builder& builder() { return builder_; }
  /// Futures that tasks of the graph read; alive until it is submitted.
  std::vector<detail::FutureRef>& kept() { return keep_; }

 private:
  runtime::graph::Builder builder_;
  std::vector<detail::FutureRef> keep_;
};

template <class R, class... P, class... A>
auto Context::submit(R (*function)(P...), A&&... arguments) {
  const auto index = detail::add_task(scope_->builder, nullptr, {}, std::nullopt, function, arguments...);
  if constexpr (detail::is_outputs<std::decay_t<R>>)
    return detail::add_picks(scope_->builder, detail::registered(reinterpret_cast<const void*>(function)).name, index,
                             std::type_identity<std::decay_t<R>>{});
  else return Deferred<typename detail::ResultOf<R>::type>{index};
}
}  // namespace tessera
