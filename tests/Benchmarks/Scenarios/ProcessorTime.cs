using System.Globalization;
using Benchmarks.Load;
using Benchmarks.Servers;

namespace Benchmarks.Scenarios;

/// <summary>
/// What a request costs in processor time, under 64 connections that are never idle, as a multiple of what it costs nginx.
/// </summary>
internal static class ProcessorTime
{
    /// <param name="name">Of the figure.</param>
    /// <param name="answer">Which of the upstream's answers.</param>
    /// <param name="bodyBytes">Of the request.</param>
    /// <param name="parts">Into how many parts the cost is divided: the chunks of a stream.</param>
    /// <param name="target">The multiple.</param>
    /// <param name="servers">To measure.</param>
    /// <param name="plan">How long.</param>
    public static Figure Measure(string name, string answer, int bodyBytes, int parts, double target, Proxies servers, BenchPlan plan)
    {
        var body = Payload.Chat(answer, bodyBytes, stream: answer != "plain");
        double Microseconds(Server server, TimeSpan time)
        {
            var before = server.ProcessorTime;
            var answers = ClosedLoop.Run(server.Port, Payload.Request(server.Path(answer), body), time);
            return (server.ProcessorTime - before).TotalMicroseconds / answers / parts;
        }

        Microseconds(servers.Nginx, plan.WarmUp);
        Microseconds(servers.Gateway, plan.WarmUp);
        var rounds = Enumerable.Range(0, plan.Rounds)
            .Select(_ => (Nginx: Microseconds(servers.Nginx, plan.Round), Gateway: Microseconds(servers.Gateway, plan.Round)))
            .ToList();
        return new(
            name,
            Median.Of(rounds.Select(r => r.Gateway / r.Nginx)),
            "x nginx",
            target,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Median.Of(rounds.Select(r => r.Gateway)):0.0} us beside {Median.Of(rounds.Select(r => r.Nginx)):0.0} us"));
    }
}
