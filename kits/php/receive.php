<?php
// Receiving from Clicktrail: is a call genuine? One file, nothing to install. PHP 8.0 or later.

/** A partner postback. $query: the query as it arrived, $_SERVER['QUERY_STRING']; $secrets: key number => 64 hex digits. */
function clicktrail_postback_is_genuine(string $query, array $secrets, int $nowMs, int $windowMs = 300000): bool
{
    $cut = strrpos($query, '&ct_sig=');
    if ($cut === false) {
        return false;
    }
    $signed = substr($query, 0, $cut);
    $signature = substr($query, $cut + 8);
    if (!preg_match('/(?:^|&)ct_time=(\d+)&ct_key=(\d+)$/D', $signed, $found) || !isset($secrets[(int) $found[2]])) {
        return false;
    }
    $wanted = hash_hmac('sha256', $signed, hex2bin($secrets[(int) $found[2]]));
    return hash_equals($wanted, $signature) && abs($nowMs - (int) $found[1]) <= $windowMs;
}

/** A webhook. $body: file_get_contents('php://input'); $headers: names in lower case; $secret: whsec_... */
function clicktrail_webhook_is_genuine(string $body, array $headers, string $secret, int $nowS, int $windowS = 300): bool
{
    $time = $headers['webhook-timestamp'] ?? '';
    if (!ctype_digit($time) || abs($nowS - (int) $time) > $windowS) {
        return false;
    }
    $key = base64_decode(substr($secret, strlen('whsec_')));
    $wanted = 'v1,' . base64_encode(hash_hmac('sha256', ($headers['webhook-id'] ?? '') . ".$time.$body", $key, true));
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $signature) {
        if (hash_equals($wanted, $signature)) {
            return true;
        }
    }
    return false;
}
