/**
 * The gRPC edge: the services of {@code millrace/api/v1/api.proto}, health, reflection, and problems as google.rpc has them.
 *
 * <p>In: gRPC. Out: messages. Depends on grpc-java and the rooms of dev.millrace.api but {@code http}. Handlers run on virtual
 * threads, which are interrupted when the caller's deadline has passed or it went away.
 */
@NullMarked
package dev.millrace.api.grpc;

import org.jspecify.annotations.NullMarked;
