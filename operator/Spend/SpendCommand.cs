using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using Operator.Kubernetes;

namespace Operator.Spend;

/// <summary><c>operator spend</c>: its options, and what it takes from outside.</summary>
internal static class SpendCommand
{
    /// <summary>Those of <c>GET /spend/report</c> that only pass through: name there, and what it means.</summary>
    private static readonly ImmutableArray<(string Parameter, string Description)> s_filters =
    [
        ("key", "Only calls of this VirtualKey: NAME, or NAMESPACE/NAME"),
        ("model", "Only calls of this model"),
        ("route", "Only calls that this ModelRoute answered: NAME, or NAMESPACE/NAME"),
        ("team", "Only calls of keys with this attribution `team`"),
        ("tag", "Only calls with this tag"),
        ("end_user", "Only calls for this end user"),
        ("session_id", "Only calls of this session"),
        ("status", "Only calls that ended so: completed, failed, cut, client_closed, abandoned or refused"),
    ];

    public static Command Create(TimeProvider time, Func<double> random, Func<string, string?> environment)
    {
        var kubeConfig = new Option<string?>("--kubeconfig") { Description = "Kubeconfig file [default: as kubectl finds one]" };
        var context = new Option<string?>("--context") { Description = "Context of the kubeconfig file [default: its current one]" };
        var ns = new Option<string?>("--namespace", "-n") { Description = "Namespace of the gateways [default: that of the context]" };
        var all = new Option<bool>("--all-namespaces", "-A") { Description = "Gateways of all namespaces" };
        var gateway = new Option<string?>("--gateway") { Description = "Name of the LlmGateway [default: all that there are]" };
        var state = new Option<string?>("--state")
        {
            Description = "Ask the gateway that `operator standalone` serves with this state folder",
        };
        var groupBy = new Option<string>("--group-by")
        {
            Description = "hour, day, key, model, route, provider, status, tag, end_user, team or attribution.NAME, with commas; "
                + "'' for the total",
            DefaultValueFactory = _ => "key",
        };
        var since = new Option<TimeSpan?>("--since")
        {
            Description = "Calls of so long up to now, as 12h, 7d or 4w; from an hour on, from the beginning of that hour",
            CustomParser = Duration,
        };
        var start = new Option<string?>("--start-date")
        {
            Description = "2026-05-01 or 2026-05-01T10:00:00Z [default: the first of this month]",
        };
        var end = new Option<string?>("--end-date") { Description = "The same; of a day all of it [default: today]" };
        var attributions = new Option<string[]>("--attribution")
        {
            Description = "Only calls of keys with this attribution, as NAME=VALUE; again for more",
        };
        var format = new Option<SpendFormat>("--output", "-o")
        {
            HelpName = "table|json|csv",
            Description = "For people, programs or spreadsheets",
            DefaultValueFactory = _ => SpendFormat.Table,
        };
        var filters = s_filters
            .Select(f => (f.Parameter, Option: new Option<string?>($"--{f.Parameter.Replace('_', '-')}") { Description = f.Description }))
            .ToImmutableArray();
        var command = new Command("spend", "Print what has been spent, of a cluster's gateways or of a standalone one")
        {
            ns, all, gateway, groupBy, since, start, end, format, attributions, kubeConfig, context, state,
        };
        foreach (var (_, option) in filters)
            command.Add(option);
        Exclude(command, all, ns);
        Exclude(command, since, start, end);
        Exclude(command, state, ns, all, kubeConfig, context);
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(attributions)?.FirstOrDefault(a => a.IndexOf('=', StringComparison.Ordinal) < 1) is { } wrong)
                parsed.AddError($"--attribution `{wrong}` is no NAME=VALUE");
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new SpendOptions
            {
                KubeConfig = parsed.GetValue(kubeConfig),
                Context = parsed.GetValue(context),
                Namespace = parsed.GetValue(ns),
                AllNamespaces = parsed.GetValue(all),
                Gateway = parsed.GetValue(gateway),
                State = parsed.GetValue(state),
                GroupBy = parsed.GetRequiredValue(groupBy),
                Since = parsed.GetValue(since),
                StartDate = parsed.GetValue(start),
                EndDate = parsed.GetValue(end),
                Filters =
                [
                    .. filters.Select(f => (f.Parameter, Value: parsed.GetValue(f.Option)!)).Where(f => f.Value is not null),
                    .. (parsed.GetValue(attributions) ?? []).Select(a => ($"attribution.{a.Split('=', 2)[0]}", a.Split('=', 2)[1])),
                ],
                Format = parsed.GetValue(format),
            };
            return await RunAsync(options, time, random, environment, cancellation);
        });
        return command;
    }

    /// <summary>With kubectl where there is one: it knows logins and tunnels that nobody else knows.</summary>
    private static async Task<int> RunAsync(
        SpendOptions options, TimeProvider time, Func<double> random, Func<string, string?> environment, CancellationToken cancellation)
    {
        if (options.State is { } state)
            return await RunAsync(new StateSource(state));
        if (Kubectl.Find(environment("PATH")) is { } program)
        {
            string[] of = [.. Named("--kubeconfig", options.KubeConfig), .. Named("--context", options.Context)];
            return await RunAsync(new KubectlSource(new(program, [.. of]), options.Namespace, options.AllNamespaces));
        }

        var config = new KubeConfig(environment, time).Load(options.KubeConfig, options.Context);
        if (config.Access is not { } access)
        {
            Console.Error.WriteLine($"{config.Problem}; or install kubectl, which knows every way to log in");
            return 1;
        }

        var backoff = new Backoff(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(2), random);
        using var connection = new ApiConnection(access, new() { Backoff = backoff }, time);
        return await RunAsync(new ApiSource(new(connection, time), options.AllNamespaces ? null : options.Namespace ?? access.Namespace));

        Task<int> RunAsync(IGatewaySource source) => new SpendRun(options, source, Console.Out, Console.Error, time).RunAsync(cancellation);
    }

    private static string[] Named(string name, string? value) => value is null ? [] : [name, value];

    private static TimeSpan? Duration(ArgumentResult parsed)
    {
        var text = parsed.Tokens[0].Value;
        if (SpendQuery.Duration(text) is { } duration)
            return duration;
        parsed.AddError($"`{text}` is no duration as 30m, 12h, 7d or 4w");
        return null;
    }

    private static void Exclude(Command command, Option option, params Option[] others) => command.Validators.Add(parsed =>
    {
        if (parsed.GetResult(option) is { Implicit: false }
            && others.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } other)
            parsed.AddError($"{option.Name} and {other.Name} cannot stand together");
    });
}
