namespace Operator.Api.Schema;

/// <summary>Patterns that several fields share. RE2 and .NET read them alike.</summary>
internal static class Patterns
{
    public const string DnsLabel = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
    public const string DnsLabelMeans =
        "must consist of lower-case letters, digits and `-`, and begin and end with a letter or digit";

    public const string DnsSubdomain = @"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
    public const string DnsSubdomainMeans =
        "must consist of lower-case letters, digits, `-` and `.`, and each part must begin and end with a letter or digit";

    /// <summary>A host name, or one whose first part is <c>*</c>.</summary>
    public const string HostPattern = @"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
    public const string HostPatternMeans = "must be a host name in lower case, exact or with a leading `*.`";

    public const string SecretKey = "^[-._a-zA-Z0-9]+$";
    public const string SecretKeyMeans = "must consist of letters, digits, `-`, `_` and `.`";

    /// <summary>A public model name, see Gateway.Contract.ModelPattern.</summary>
    public const string Model = @"^(\*|\*?[A-Za-z0-9._:/@+~-]+|[A-Za-z0-9._:/@+~-]+\*)$";
    public const string ModelMeans =
        "must consist of letters, digits and `. _ : / @ + ~ -`, with at most one `*`, at its start or end";

    /// <summary>A public model name without <c>*</c>.</summary>
    public const string ExactModel = "^[A-Za-z0-9._:/@+~-]+$";
    public const string ExactModelMeans = "must consist of letters, digits and `. _ : / @ + ~ -`";

    public const string PrintableAscii = "^[!-~]+$";
    public const string PrintableAsciiMeans = "must consist of printable ASCII characters without spaces";

    /// <summary>An HTTP field value: no line breaks, no other control characters.</summary>
    public const string HeaderValue = "^[ -~]*$";
    public const string HeaderValueMeans = "must consist of printable ASCII characters";

    /// <summary>https://www.rfc-editor.org/rfc/rfc9110#name-tokens</summary>
    public const string HeaderName = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$";
    public const string HeaderNameMeans = "must be an HTTP field name";

    /// <summary>A limit of money, up to 9,999,999 with nine decimals; the bound of 9,000,000 is a rule.</summary>
    public const string Amount = @"^(0|[1-9][0-9]{0,6})(\.[0-9]{1,9})?$";
    public const string AmountMeans = "must be a decimal with at most nine digits after the point, as \"250.00\"";

    /// <summary>A rate per million tokens.</summary>
    public const string Rate = @"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,9})?$";
    public const string RateMeans = "must be a decimal with at most nine digits after the point, as \"2.50\"";

    public const string Currency = "^[A-Z]{3}$";
    public const string CurrencyMeans = "must be an ISO 4217 code in upper case, as USD";

    /// <summary>https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/</summary>
    public const string Quantity = @"^[0-9]+(\.[0-9]{1,9})?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$";
    public const string QuantityMeans = "must be a quantity, as 500m or 2Gi";

    public const string HttpUrl = "^https?://[!-~]+$";
    public const string HttpUrlMeans = RuleMessages.NotAUrl;

    /// <summary>A label value; empty is one.</summary>
    public const string LabelValue = "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$";
    public const string LabelValueMeans = "must consist of letters, digits, `-`, `_` and `.`, and begin and end with a letter or digit";

    /// <summary>A label or annotation key: a name, or a prefix and a name.</summary>
    public const string QualifiedName =
        @"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$";
    public const string QualifiedNameMeans = "must be a name, or a DNS prefix, `/` and a name";

    /// <summary>
    /// A date and time that each reader can keep: .NET alone would also take one without a time or a zone, an API server also years and
    /// zones that .NET has not. https://www.rfc-editor.org/rfc/rfc3339#section-5.6
    /// </summary>
    public const string DateTime =
        "^(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])$";

    public const string TimeZone = "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$";
    public const string TimeZoneMeans = "must be the name of a zone in the IANA database, as Europe/Berlin";
}
