/// @file
/// Loops over a function of one element of each operand.
#pragma once
#include <cstddef>

namespace tessera::arrays::kernels {
template <class A, class R, auto function>
bool map1(const void* const* in, void* to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) static_cast<R*>(to)[i] = static_cast<R>(function(static_cast<const A*>(in[0])[i]));
  return true;
}
template <class A, class B, class R, auto function>
bool map2(const void* const* in, void* to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    static_cast<R*>(to)[i] = static_cast<R>(function(static_cast<const A*>(in[0])[i], static_cast<const B*>(in[1])[i]));
  return true;
}
/// `where` of a condition that is bool.
template <class A>
bool choose(const void* const* in, void* to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) static_cast<A*>(to)[i] = static_cast<const A*>(in[static_cast<const bool*>(in[0])[i] ? 1 : 2])[i];
  return true;
}
}  // namespace tessera::arrays::kernels
