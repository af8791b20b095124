/// @file
/// Ctrl-C and SIGTERM.
#pragma once

namespace climatology {
/// Called before any thread starts: from then on these signals end the program with code 130, until `hold_interrupts`.
void watch_interrupts();
/// From then on they only make `interrupted` true: there are files to put in order.
void hold_interrupts();
bool interrupted();
}  // namespace climatology
