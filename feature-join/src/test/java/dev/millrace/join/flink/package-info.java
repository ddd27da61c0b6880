/** Tests of the job's operators, in Flink's harness. */
@NullMarked
package dev.millrace.join.flink;

import org.jspecify.annotations.NullMarked;
