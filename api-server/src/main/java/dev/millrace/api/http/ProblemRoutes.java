package dev.millrace.api.http;

import dev.millrace.api.problem.ProblemException;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Error;
import io.micronaut.http.annotation.Produces;

/**
 * What our own checks refuse. A route and not an exception handler, which Micronaut would look for among all beans each
 * time: a refusal costs least when there are many.
 */
@Controller
public class ProblemRoutes {
    private final Problems problems;

    public ProblemRoutes(Problems problems) {
        this.problems = problems;
    }

    @Error(global = true)
    @Produces(MediaType.ALL)
    HttpResponse<?> problem(ProblemException exception) {
        return problems.response(exception.problem());
    }
}
