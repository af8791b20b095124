/// @file
/// `TESSERA_OPERATION(f)` registers a C++ function, so that tasks can apply it wherever it is linked in or loaded.
#pragma once
#include "arrays/operation.hpp"
#include "client/context.hpp"
#include "client/error.hpp"
#include "runtime/base/version.hpp"
#include "serialization/codec.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace tessera {
/// Declares how often an operation may run; the default is `pure`.
using runtime::graph::Effects;

/// Several results, each a chunk of its own: `Outputs<A, B> f(...)` gives `std::tuple<Future<A>, Future<B>>`.
template <class... T>
class Outputs {
 public:
  Outputs(T... values) : values_(std::make_shared<const T>(std::move(values))...) {}
  explicit Outputs(std::tuple<std::shared_ptr<const T>...> values) : values_(std::move(values)) {}
  const std::tuple<std::shared_ptr<const T>...>& values() const { return values_; }

 private:
  std::tuple<std::shared_ptr<const T>...> values_;
};

namespace detail {
using arrays::Call;
using arrays::Operation;
using arrays::Outcome;
using arrays::Payload;
using arrays::ValueType;

/// What a task makes of a C++ result type: nothing becomes a monostate.
template <class R>
struct ResultOf { using type = std::decay_t<R>; };
template <>
struct ResultOf<void> { using type = std::monostate; };
template <class T>
struct ResultOf<Deferred<T>> { using type = T; };

template <class T>
inline constexpr bool is_deferred = false;
template <class T>
inline constexpr bool is_deferred<Deferred<T>> = true;
template <class T>
inline constexpr bool is_outputs = false;
template <class... T>
inline constexpr bool is_outputs<Outputs<T...>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <class T>
std::uint64_t size_bytes(const T& value) {
  if constexpr (requires { { value.size_bytes() } -> std::convertible_to<std::uint64_t>; }) return value.size_bytes();
  else if constexpr (requires { { value.nbytes() } -> std::convertible_to<std::uint64_t>; })
    return static_cast<std::uint64_t>(value.nbytes());
  else if constexpr (is_vector<T> || std::is_same_v<T, std::string>) {
    if constexpr (std::is_arithmetic_v<typename T::value_type>) return sizeof(T) + value.size() * sizeof(typename T::value_type);
    else {
      std::uint64_t sum = sizeof(T);
      for (const auto& element : value) sum += size_bytes(element);
      return sum;
    }
  } else if constexpr (is_outputs<T>) {
    return std::apply([](const auto&... one) { return (std::uint64_t{0} + ... + size_bytes(*one)); }, value.values());
  } else return sizeof(T);
}

template <class T>
arrays::Extent extent(const T& value) {
  if constexpr (std::is_same_v<T, arrays::Block>) return arrays::Extent::of(value);
  else return {{size_bytes(value)}};
}

/// The one `ValueType` of a C++ type.
template <serialization::Encodable T>
const ValueType& value_type() {
  static const ValueType type{
      serialization::type_name<T>(),
      [](const void* value) { return serialization::encode_value(*static_cast<const T*>(value)); },
      [](const runtime::SharedBytes& bytes) -> runtime::Result<std::shared_ptr<const void>> {
        auto value = serialization::decode_value<T>(bytes);
        if (!value) return value.failure();
        return std::shared_ptr<const void>(std::make_shared<const T>(std::move(*value)));
      },
      [](const void* value) { return size_bytes(*static_cast<const T*>(value)); },
      [](const void* value) { return extent(*static_cast<const T*>(value)); }};
  return type;
}

template <class T>
Payload payload_of(T value) {
  return {std::make_shared<const T>(std::move(value)), &value_type<T>(), {}, {}};
}

/// How an argument lies in a task's parameters.
enum class ArgumentKind : std::uint8_t { value, input, inputs };

/// One argument of a call: decoded from the parameters, or borrowed from an input chunk.
template <class P>
class Argument {
 public:
  Argument(serialization::Reader& reader, const Call& call, std::size_t& next) {
    const auto take = [&](const ValueType& type) {
      if (next >= call.inputs.size()) throw serialization::DecodeError("more inputs are named than the task has");
      auto value = call.inputs[next++].as(type);
      if (!value) throw Error(value.failure());
      return std::move(*value);
    };
    switch (static_cast<ArgumentKind>(reader.number<std::uint8_t>())) {
      case ArgumentKind::value: own_ = serialization::Codec<P>::read(reader); return;
      case ArgumentKind::input: borrowed_ = take(value_type<P>()); return;
      case ArgumentKind::inputs:
        if constexpr (is_vector<P>) {
          using Element = typename P::value_type;
          own_.emplace();
          for (auto count = reader.number<std::uint32_t>(); count > 0; --count)
            own_->push_back(*static_cast<const Element*>(take(value_type<Element>()).get()));
          return;
        }
    }
    throw serialization::DecodeError("an argument is of no known kind");
  }
  const P& get() const { return own_ ? *own_ : *static_cast<const P*>(borrowed_.get()); }

 private:
  std::optional<P> own_;
  std::shared_ptr<const void> borrowed_;
};

/// The context is no argument: the runtime gives it.
template <>
class Argument<Context> {
 public:
  Argument(serialization::Reader&, const Call& call, std::size_t&) : context_(*call.scope) {}
  Context& get() const { return context_; }

 private:
  mutable Context context_;
};

template <class P>
using Decayed = std::remove_cv_t<std::remove_reference_t<P>>;

/// Leads the parameters of every task, so that a node where the name means another function does not misread them.
inline std::uint32_t signature_mark(std::string_view signature) {
  std::uint32_t mark = 2166136261u;  // FNV-1a.
  for (const char c : signature) mark = (mark ^ static_cast<unsigned char>(c)) * 16777619u;
  return mark;
}

template <class Signature>
struct Invoker;

template <class R, class... P>
struct Invoker<R (*)(P...)> {
  using Function = R (*)(P...);
  using Result = typename ResultOf<R>::type;

  using Arguments = std::tuple<Argument<Decayed<P>>...>;

  static Arguments arguments_of(const Operation& operation, Call& call) {
    std::string why = "the program that submitted it has another signature";
    try {
      serialization::Reader reader(call.params);
      std::size_t next = 0;
      if (reader.number<std::uint32_t>() == operation.mark) {
        // Braces: arguments are read in order.
        Arguments arguments{Argument<Decayed<P>>(reader, call, next)...};
        if (reader.left() == 0 && next == call.inputs.size()) return arguments;
        why = "there are more arguments than parameters";
      }
    } catch (const serialization::DecodeError& error) {
      why = error.what();
    }
    throw Error(ErrorCode::type_mismatch,
                "the arguments do not fit operation \"" + operation.name + "\", which is " + operation.signature +
                    " on this node: " + why + "; build the program and the nodes' plug-ins from the same sources");
  }

  static Outcome run(const Operation& operation, Call& call) {
    const auto function = reinterpret_cast<Function>(const_cast<void*>(operation.function));
    std::optional<Arguments> arguments;
    try {
      arguments.emplace(arguments_of(operation, call));
    } catch (const Error& error) {
      runtime::protocol::Blame blame;
      blame.code = error.code();
      blame.message = error.what();
      return blame;
    }
    const auto apply = [&] { return std::apply([&](auto&... argument) { return function(argument.get()...); }, *arguments); };
    if constexpr (std::is_void_v<R>) {
      apply();
      return payload_of(std::monostate{});
    } else if constexpr (is_deferred<R>) {
      const R deferred = apply();
      auto graph = call.scope->builder.build();
      if (!graph) throw Error(graph.failure());
      if (deferred.index >= graph->tasks.size())
        throw Error(ErrorCode::dangling_input,
                    "the operation returned a Deferred that it did not get from its context's submit()");
      return arrays::Delegation{std::make_shared<const runtime::graph::Graph>(std::move(*graph)), deferred.index};
    } else {
      return payload_of<Result>(apply());
    }
  }

  static std::string signature() {
    std::string text = serialization::type_name<Result>() + "(";
    const auto add = [&]<class T>(std::type_identity<T>) {
      if constexpr (!std::is_same_v<T, Context>) {
        if (text.back() != '(') text += ", ";
        text += serialization::type_name<T>();
      }
    };
    (add(std::type_identity<Decayed<P>>{}), ...);
    return text + ")";
  }
};

/// Takes element `I` out of several outputs, without a copy.
template <class Several, std::size_t I>
Outcome pick(const Operation&, Call& call) {
  auto several = call.inputs.front().as(value_type<Several>());
  if (!several) throw Error(several.failure());
  const auto& element = std::get<I>(static_cast<const Several*>(several->get())->values());
  using Element = std::decay_t<decltype(*element)>;
  return Payload{element, &value_type<Element>(), {}, {}};
}

template <class R>
struct RegisterPicks {
  static void add(const std::string&) {}
};
template <class... T>
struct RegisterPicks<Outputs<T...>> {
  static void add(const std::string& name) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (static_cast<void>(arrays::OperationTable::global().add(
           {name + "#" + std::to_string(I), nullptr, pick<Outputs<T...>, I>, "", Effects::pure})),
       ...);
    }(std::index_sequence_for<T...>{});
  }
};

template <class P>
inline constexpr bool travels = serialization::Encodable<P> || std::is_same_v<P, Context>;

template <class R, class... P>
bool register_operation(const char* name, R (*function)(P...), Effects effects = Effects::pure, const void* sizes_function = nullptr,
                        decltype(Operation::sizes) sizes = nullptr) {
  using Its = Invoker<R (*)(P...)>;
  static_assert(serialization::Encodable<typename ResultOf<R>::type> && (travels<Decayed<P>> && ...),
                "a parameter or the result is of a type that cannot travel: give it a serialize function and include "
                "serialization/cereal.hpp before the operation is registered (arrays: serialization/block_codec.hpp)");
  std::string signature = Its::signature();
  const std::uint32_t mark = signature_mark(signature);
  static_cast<void>(arrays::OperationTable::global().add(
      {name, reinterpret_cast<const void*>(function), &Its::run, std::move(signature), effects, mark, sizes_function, sizes}));
  RegisterPicks<std::decay_t<R>>::add(name);
  return true;
}
}  // namespace detail
}  // namespace tessera

template <class... T>
struct tessera::serialization::Codec<tessera::Outputs<T...>> {
  static constexpr std::size_t least_bytes = (0 + ... + Codec<T>::least_bytes);
  static std::string name() {
    std::string text = "outputs<";
    ((text += Codec<T>::name() + ","), ...);
    return text + ">";
  }
  static void write(Writer& writer, const Outputs<T...>& value) {
    std::apply([&](const auto&... one) { (Codec<std::decay_t<decltype(*one)>>::write(writer, *one), ...); }, value.values());
  }
  static Outputs<T...> read(Reader& reader) {
    return Outputs<T...>(std::tuple<std::shared_ptr<const T>...>{std::make_shared<const T>(Codec<T>::read(reader))...});
  }
};

/// Registers a free function under its own name, at namespace scope, once in a program or plug-in. Its parameters and result
/// are types that `serialization/codec.hpp` or a `serialize` function knows; a `tessera::Context&` parameter is filled in.
#define TESSERA_OPERATION(function) TESSERA_OPERATION_AS(function, #function, ::tessera::Effects::pure)
/// The same with the class of its effects: `idempotent` or `once`.
#define TESSERA_OPERATION_WITH_EFFECTS(function, effects) TESSERA_OPERATION_AS(function, #function, effects)
#define TESSERA_OPERATION_JOIN_(a, b) a##b
#define TESSERA_OPERATION_JOIN(a, b) TESSERA_OPERATION_JOIN_(a, b)
#define TESSERA_OPERATION_AS(function, name, effects)                                              \
  [[maybe_unused]] static const bool TESSERA_OPERATION_JOIN(tessera_operation_, __COUNTER__) =     \
      ::tessera::detail::register_operation(name, &function, effects)
