/// @file
/// `TESSERA_KERNEL(f)`: a C++ function over typed views (`client/view.hpp`), which `xp::map_blocks`, `xp::map_overlap` and
/// `xp::apply_gufunc` (`client/xp/mapping.hpp`) apply to the chunks of arrays.
///
///     void scale(View<const float, 3> x, double by, View<float, 3> y) {
///       for (std::int64_t i = 0; i < x.extent(0); ++i)
///         for (std::int64_t j = 0; j < x.extent(1); ++j)
///           for (std::int64_t k = 0; k < x.extent(2); ++k) y(i, j, k) = x(i, j, k) * by;
///     }
///     TESSERA_KERNEL(scale);
///     Array y = xp::map_blocks(scale, x, 2.0);
///
/// It returns nothing. Views of const elements are its operands, at least one; the one of other elements is its result, all of which it
/// writes; parameters of other types are values, which travel as those of operations do (`client/operation.hpp`). It must be pure.
#pragma once
#include "client/array.hpp"
#include "client/operation.hpp"
#include "client/view.hpp"
#include "serialization/block_codec.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace tessera {
namespace detail {
template <class P>
struct ViewOf { static constexpr bool is_view = false, is_result = false; };
template <class T, std::size_t N>
struct ViewOf<View<T, N>> {
  static constexpr bool is_view = true, is_result = !std::is_const_v<T>;
  static constexpr Dtype dtype = arrays::dtype_of<std::remove_const_t<T>>();
  static constexpr std::size_t rank = N;
};

/// What the views of a kernel say.
struct KernelForm {
  struct One { Dtype dtype; std::size_t rank; };
  std::vector<One> operands;
  One result;
};
/// A view whose type is not known.
struct RawView {
  std::byte* data;  ///< At index 0. Operands are not written.
  arrays::Shape extents, strides, before, behind;
};
using CallKernel = std::function<void(std::span<const RawView> operands, const RawView& result)>;
/// Does what the plan, `detail::KernelPlan` as numbers, says. Throws where blocks or shapes are not those that it was made for (A12).
Block run_kernel(const std::string& name, const KernelForm& form, std::span<const std::int64_t> plan, std::span<const Block> inputs,
                 const std::function<arrays::Shape(const std::vector<arrays::Shape>&)>& rule, const CallKernel& call);
std::optional<Sizes> kernel_sizes(const KernelForm& form, std::span<const std::int64_t> plan);

/// A kernel with the arguments of one call of `map_blocks` and the like.
struct KernelUse {
  std::string name;
  KernelForm form;
  std::vector<std::byte> values;  ///< The arguments that are no arrays.
  std::vector<Array> arrays;
  std::uint32_t mark = 0;
  std::function<arrays::Shape(const std::vector<arrays::Shape>& operands)> rule;
};

template <class F>
struct Kernel;
template <class... P>
struct Kernel<void (*)(P...)> {
  using Function = void (*)(P...);
  static constexpr std::size_t operand_count = (std::size_t{0} + ... + (ViewOf<Decayed<P>>::is_view && !ViewOf<Decayed<P>>::is_result));
  static_assert((std::size_t{0} + ... + ViewOf<Decayed<P>>::is_result) == 1, "a kernel writes one View of elements that are not const");
  static_assert(operand_count > 0, "a kernel reads at least one View of const elements");
  template <class Q>
  static constexpr bool is_value = !ViewOf<Q>::is_view;
  template <class Q>
  using OneValue = std::conditional_t<is_value<Q>, std::tuple<Q>, std::tuple<>>;
  using Values = decltype(std::tuple_cat(std::declval<OneValue<Decayed<P>>>()...));
  template <class V>
  struct RuleOf;
  template <class... V>
  struct RuleOf<std::tuple<V...>> { using type = arrays::Shape (*)(const std::vector<arrays::Shape>&, const V&...); };
  using Rule = typename RuleOf<Values>::type;

  static KernelForm form() {
    KernelForm form{};
    const auto add = [&]<class Q>(std::type_identity<Q>) {
      if constexpr (ViewOf<Q>::is_result) form.result = {ViewOf<Q>::dtype, ViewOf<Q>::rank};
      else if constexpr (ViewOf<Q>::is_view) form.operands.push_back({ViewOf<Q>::dtype, ViewOf<Q>::rank});
    };
    (add(std::type_identity<Decayed<P>>{}), ...);
    return form;
  }
  static std::string signature() {
    std::string text = "kernel(";
    const auto add = [&]<class Q>(std::type_identity<Q>) {
      if (text.back() != '(') text += ", ";
      if constexpr (is_value<Q>) text += serialization::type_name<Q>();
      else text += (ViewOf<Q>::is_result ? "result " : "") + std::string(arrays::to_string(ViewOf<Q>::dtype)) + " " + std::to_string(ViewOf<Q>::rank) + "d";
    };
    (add(std::type_identity<Decayed<P>>{}), ...);
    return text + ")";
  }

  static arrays::Shape shape_by(const void* rule, const Values& values, const std::vector<arrays::Shape>& operands) {
    if (rule == nullptr) return operands.front();
    return std::apply([&](const auto&... value) { return reinterpret_cast<Rule>(const_cast<void*>(rule))(operands, value...); }, values);
  }
  template <class Q>
  static Q view_of(const RawView& raw) {
    using T = std::remove_pointer_t<decltype(std::declval<Q>().data())>;
    const auto lengths = [](const arrays::Shape& shape) {
      typename Q::Lengths all{};
      std::copy(shape.begin(), shape.end(), all.begin());
      return all;
    };
    return Q(reinterpret_cast<T*>(raw.data), lengths(raw.extents), lengths(raw.strides), lengths(raw.before), lengths(raw.behind));
  }
  static void call(Function function, const Values& values, std::span<const RawView> operands, const RawView& result) {
    std::size_t next = 0;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      constexpr bool are_values[] = {is_value<Decayed<P>>...};
      const auto one = [&]<class Q, std::size_t At>(std::type_identity<Q>, std::integral_constant<std::size_t, At>) -> decltype(auto) {
        constexpr auto before = static_cast<std::size_t>(std::count(are_values, are_values + At, true));
        if constexpr (ViewOf<Q>::is_result) return view_of<Q>(result);
        else if constexpr (ViewOf<Q>::is_view) return view_of<Q>(operands[next++]);
        else return (std::get<before>(values));
      };
      // Braces: operands are taken in order.
      std::tuple<decltype(one(std::type_identity<Decayed<P>>{}, std::integral_constant<std::size_t, I>{}))...> arguments{
          one(std::type_identity<Decayed<P>>{}, std::integral_constant<std::size_t, I>{})...};
      std::apply(function, arguments);
    }(std::index_sequence_for<P...>{});
  }

  /// The plan and the values of a task.
  struct Parameters {
    std::vector<std::int64_t> plan;
    Values values;
  };
  static Parameters parameters(const Operation& operation, std::span<const std::byte> bytes) {
    serialization::Reader reader(bytes);
    if (reader.number<std::uint32_t>() != operation.mark) throw serialization::DecodeError("the program that submitted it has another signature");
    auto plan = serialization::Codec<std::vector<std::int64_t>>::read(reader);
    auto values = serialization::Codec<Values>::read(reader);
    if (reader.left() != 0) throw serialization::DecodeError("there are more arguments than parameters");
    return {std::move(plan), std::move(values)};
  }
  static Outcome run(const Operation& operation, Call& call) {
    std::vector<Block> inputs;
    std::optional<Parameters> its;
    try {
      its = parameters(operation, call.params);
    } catch (const serialization::DecodeError& error) {
      throw Error(ErrorCode::type_mismatch, "the arguments do not fit kernel \"" + operation.name + "\", which is " + operation.signature + " on this node: " +
                                                error.what() + "; build the program and the nodes' plug-ins from the same sources");
    }
    for (const Payload& one : call.inputs) {
      const auto block = one.as(value_type<Block>());
      if (!block) throw Error(block.failure());
      inputs.push_back(*static_cast<const Block*>(block->get()));
    }
    const auto function = reinterpret_cast<Function>(const_cast<void*>(operation.function));
    return payload_of(run_kernel(
        operation.name, form(), its->plan, inputs,
        [&](const std::vector<arrays::Shape>& operands) { return shape_by(operation.sizes_function, its->values, operands); },
        [&](std::span<const RawView> operands, const RawView& result) { Kernel::call(function, its->values, operands, result); }));
  }
  static std::optional<Sizes> sizes(const Operation& operation, std::span<const std::byte> params, std::span<const arrays::Extent>) {
    try {
      return kernel_sizes(form(), parameters(operation, params).plan);
    } catch (const std::exception&) {
      return std::nullopt;  // The task itself says what is wrong with its parameters.
    }
  }

  template <class... A>
  static KernelUse use(const Operation& operation, const A&... arguments) {
    static_assert(sizeof...(A) + 1 == sizeof...(P), "the kernel takes another number of arguments: one for each parameter but the view that it writes");
    KernelUse use{operation.name, form(), {}, {}, operation.mark, {}};
    const auto given = std::forward_as_tuple(arguments...);
    serialization::Writer writer;
    Values values = [&]<std::size_t... I>(std::index_sequence<I...>) {
      constexpr bool are_results[] = {ViewOf<Decayed<P>>::is_result...};
      const auto one = [&]<class Q, std::size_t At>(std::type_identity<Q>, std::integral_constant<std::size_t, At>) {
        constexpr auto its = At - static_cast<std::size_t>(std::count(are_results, are_results + At, true));
        if constexpr (ViewOf<Q>::is_result) return std::tuple<>();
        else if constexpr (ViewOf<Q>::is_view) return use.arrays.push_back(std::get<its>(given)), std::tuple<>();
        else return std::tuple<Q>(static_cast<Q>(std::get<its>(given)));
      };
      // Braces: arguments are taken in order.
      std::tuple<decltype(one(std::type_identity<Decayed<P>>{}, std::integral_constant<std::size_t, I>{}))...> parts{
          one(std::type_identity<Decayed<P>>{}, std::integral_constant<std::size_t, I>{})...};
      return std::apply([](auto&... part) { return std::tuple_cat(std::move(part)...); }, parts);
    }(std::index_sequence_for<P...>{});
    serialization::Codec<Values>::write(writer, values);
    use.values = std::move(writer.bytes());
    use.rule = [rule = operation.sizes_function, values = std::move(values)](const std::vector<arrays::Shape>& operands) {
      return shape_by(rule, values, operands);
    };
    return use;
  }
};

template <class... P>
bool register_kernel(const char* name, void (*function)(P...), typename Kernel<void (*)(P...)>::Rule rule = nullptr) {
  using Its = Kernel<void (*)(P...)>;
  static_assert(((ViewOf<Decayed<P>>::is_view || travels<Decayed<P>>) && ...), "a parameter of the kernel is no View and of a type that cannot travel");
  std::string signature = Its::signature();
  const std::uint32_t mark = signature_mark(signature);
  static_cast<void>(arrays::OperationTable::global().add({name, reinterpret_cast<const void*>(function), &Its::run, std::move(signature), Effects::pure, mark,
                                                          reinterpret_cast<const void*>(rule), &Its::sizes}));
  return true;
}
}  // namespace detail
}  // namespace tessera

/// Registers a kernel under its own name, at namespace scope, once in a program or plug-in. Its result has the shape of its first operand.
#define TESSERA_KERNEL(function) TESSERA_KERNEL_SHAPED(function, nullptr)
/// The same with a rule for `xp::map_blocks`: `Shape rule(const std::vector<Shape>& operands, const V&... values)` gives the shape of the
/// result for operands of those shapes, with the kernel's values. It is asked where the call is written, for each chunk, and again on
/// the node (A12). What it throws is thrown there.
#define TESSERA_KERNEL_SHAPED(function, rule)                                                  \
  [[maybe_unused]] static const bool TESSERA_OPERATION_JOIN(tessera_kernel_, __COUNTER__) =    \
      ::tessera::detail::register_kernel(#function, &function, rule)
