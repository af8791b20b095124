/// @file
/// What an operation may ask of the runtime while it runs, and how it hands work on instead of waiting for it.
#pragma once
#include "arrays/operation.hpp"

#include <cstdint>
#include <string>

namespace tessera {
/// The result of a task of a graph that is being built; an argument for further tasks of the same graph.
template <class T>
struct Deferred {
  runtime::graph::Index index = 0;
};

/// Given to an operation that has a parameter `Context&`. Lives as long as the call.
class Context {
 public:
  explicit Context(arrays::Scope& scope) : scope_(&scope) {}
  /// True once nobody wants the result any more: return soon, what is returned is thrown away (C3).
  bool stop_requested() const { return scope_->stop != nullptr && scope_->stop->load(std::memory_order_relaxed); }
  /// 1 for the first try.
  std::uint32_t attempt() const { return scope_->attempt; }
  std::string key() const { return runtime::to_string(scope_->key); }
  /// Adds a task whose result stands for, or leads to, this one's: return the last one. The lane is free at once; the tasks
  /// rank ahead of this task's generation (O5). Declared in `client/graph.hpp`.
  template <class R, class... P, class... A>
  auto submit(R (*function)(P...), A&&... arguments);

 private:
  arrays::Scope* scope_;
};
}  // namespace tessera
