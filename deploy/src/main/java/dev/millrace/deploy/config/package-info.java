/**
 * What an operator may set of a service, beside its command's options.
 *
 * <p>In: a YAML file. Out: a validated record. Depends on the rooms whose configuration it reads. Immutable.
 */
@NullMarked
package dev.millrace.deploy.config;

import org.jspecify.annotations.NullMarked;
