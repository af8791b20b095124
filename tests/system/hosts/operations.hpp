/// @file
/// Operations that the test program knows and the nodes of tests/system/hosts_test.cpp load as a plug-in. To be included once.
#pragma once
#include "client/operation.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace {
/// One line a run, whole even where two processes write: who ran what.
void host_note(const std::string& path, std::int64_t what) {
  const std::string line = std::to_string(what) + " " + std::to_string(getpid()) + "\n";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  [[maybe_unused]] const auto written = write(file, line.data(), line.size());
  close(file);
}
std::vector<double> host_ramp(std::int64_t n, double step) {
  std::vector<double> all(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = step * static_cast<double>(i) / 7;
  return all;
}
/// Another order of operands or operations shows in the bits.
std::vector<double> host_mix(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> mixed(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) mixed[i] = a[i] / 3 + b[i] * 1.1 - 0.01 * a[i] * b[i];
  return mixed;
}
double host_total(const std::vector<double>& all) {
  double sum = 0;
  for (const double one : all) sum = sum / 1.0000001 + one;
  return sum;
}
std::int64_t host_process(std::int64_t) { return getpid(); }
std::vector<double> host_noted_ramp(const std::string& log, std::int64_t what, std::int64_t n) {
  host_note(log, what);
  return host_ramp(n, static_cast<double>(what) + 0.5);
}
/// Takes a while, so that the wire may break under it; a value that travels goes in and comes out.
std::vector<double> host_slow_mix(const std::string& log, std::int64_t what, const std::vector<double>& a,
                                  const std::vector<double>& b) {
  host_note(log, what);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return host_mix(a, b);
}
TESSERA_OPERATION(host_ramp);
TESSERA_OPERATION(host_mix);
TESSERA_OPERATION(host_total);
TESSERA_OPERATION(host_process);
TESSERA_OPERATION(host_noted_ramp);
TESSERA_OPERATION(host_slow_mix);
}  // namespace
