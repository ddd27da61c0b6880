/**
 * The running system, end to end: real Kafka, real Flink, real HTTP, real processes.
 *
 * <p>In: people, played or recorded. Out: what they would see. Depends on all modules. Each class has a service of its
 * own, in a temporary folder.
 */
@NullMarked
package dev.millrace.deploy.e2e;

import org.jspecify.annotations.NullMarked;
