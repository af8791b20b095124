/// @file
/// What the exit codes of `tessera` mean; README.md has the table.
#pragma once
#include "client/error.hpp"

namespace tessera::cli {
inline constexpr int done = 0, failed = 1, usage = 2, unreachable = 3, refused = 4, bad_file = 5, interrupted = 130;

inline int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::address_in_use: return usage;
    case ErrorCode::coordinator_lost:
    case ErrorCode::peer_lost:
    case ErrorCode::timeout: return unreachable;
    case ErrorCode::refused:
    case ErrorCode::plugin_failed:
    case ErrorCode::key_conflict: return refused;
    case ErrorCode::bad_input:
    case ErrorCode::io_failed: return bad_file;
    default: return failed;
  }
}

/// For `main` to print and end with.
inline Error error_of(const runtime::Failure& failure) { return Error(failure); }
}  // namespace tessera::cli
