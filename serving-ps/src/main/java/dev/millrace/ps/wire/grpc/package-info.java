/**
 * The calls over gRPC, for whoever speaks it: the unary method {@code millrace.v1.Shard/Call} with a marshaller of raw
 * bytes, no protobuf. Little-endian:
 *
 * <pre>
 *  request:  0 op u8 │ 1 seven zeros │ 8 body          answer:  body
 *  failure:  a status, and the trailers millrace-code (name of the WireCode), millrace-detail (decimal)
 * </pre>
 *
 * <p>In: calls and requests. Out: answers. Depends on {@code wire}, gRPC and Netty. Handlers and callbacks run on Netty's
 * event loop; bodies that came in one piece stay in Netty's buffer until they are closed.
 */
@NullMarked
package dev.millrace.ps.wire.grpc;

import org.jspecify.annotations.NullMarked;
