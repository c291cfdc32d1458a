using System.Text;
using Gateway.Server.Budget;
using Gateway.Server.Endpoints;

namespace Gateway.Tests.Endpoints;

public sealed class SpendCsvTests
{
    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@A1", "'@A1")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("\n=1", "\"'\n=1\"")]
    [InlineData("say \"=1\"", "\"say \"\"=1\"\"\"")]
    public void What_a_spreadsheet_would_take_for_a_formula_is_text(string name, string field)
    {
        var parameters = new SpendParameters
        {
            Filter = new() { Start = DateTimeOffset.MinValue, End = DateTimeOffset.MaxValue },
            GroupBy = [new(DimensionKind.EndUser)],
        };
        var report = new SpendReport([new([name], SpendSum.Nothing)], SpendSum.Nothing);

        Encoding.UTF8.GetString(SpendCsv.Report(parameters, report)).ShouldContain($"\r\n{field},0,");
    }
}
