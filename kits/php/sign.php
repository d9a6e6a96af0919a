<?php
/** The call with its time and signature. $secret: 64 hexadecimal digits, as the console shows them. */
function clicktrail_sign(array $params, int $keyNumber, string $secret, ?int $now = null): array
{
    $params = array_filter($params, fn ($value) => $value !== null);
    $params = ['ts' => (string) ($now ?? time()), 'sigkey' => (string) $keyNumber] + $params;
    unset($params['sig']);
    return $params + ['sig' => hash_hmac('sha256', clicktrail_canonical($params), hex2bin($secret))];
}

/** What is signed: name=value, both percent-encoded, in the order of the names, joined with &. */
function clicktrail_canonical(array $params): string
{
    $encoded = [];
    foreach ($params as $name => $value) {
        $encoded[rawurlencode((string) $name)] = rawurlencode((string) $value);
    }
    ksort($encoded, SORT_STRING);
    return implode('&', array_map(fn ($name, $value) => "$name=$value", array_keys($encoded), $encoded));
}
