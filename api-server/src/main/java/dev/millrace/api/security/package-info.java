/**
 * Who may call what: scopes, API keys, tokens (JWT), rates.
 *
 * <p>In: what a request shows (headers), the scope that its route states. Out: a {@code Caller}, or a problem (401, 403,
 * 429). Depends on api.problem and Nimbus; no HTTP or gRPC. A route of HTTP states its scope by {@code @Access(Scope.X)} on
 * its method or controller; a route without one is refused to everybody, and fails a test. Safe for many threads.
 */
@NullMarked
package dev.millrace.api.security;

import org.jspecify.annotations.NullMarked;
